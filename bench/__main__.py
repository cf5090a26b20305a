"""The command line behind `make bench` and its companions."""

import argparse
import os
import subprocess
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
# Applications of the compared packages. None of these changes Django for the others.
PEERS = "bench.peers,mptt,treebeard,tree_queries,simple_history,reversion,pgtrigger,pghistory"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    parser.add_argument("kind", choices=["work", "scale", "http", "outages", "metrics", "events"])
    parser.add_argument("--size", type=int, help="messages to stage")
    parser.add_argument("--rounds", type=int, help="how often each way takes its turn")
    parser.add_argument("--only", help="only workloads whose title holds this")
    parser.add_argument(
        "--connections", action="store_true", help="http: compare ways to come to a connection"
    )
    parser.add_argument(
        "--profiles", action="store_true", help="http: readers beside a writer, and too many clients"
    )
    parser.add_argument("--no-write", action="store_true", help="leave docs/benchmarks.md alone")
    arguments = parser.parse_args()

    if arguments.kind == "work":
        os.environ.setdefault("BENCH_APPS", PEERS)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    if arguments.kind == "work":
        # The models of the peers have no migrations. Create them after the tables that they reference.
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
        from bench import work as kind
    elif arguments.kind == "scale":
        from bench import scale as kind
    elif arguments.kind == "outages":
        from bench import outages as kind
    elif arguments.kind == "metrics":
        from bench import metrics_cost as kind
    elif arguments.kind == "events":
        from bench import events as kind
    else:
        from bench import load as kind
    kind.main(arguments)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        advice = "Use `make bench`; if you did, delete .venv-bench first."
        sys.exit(f"Bobbin: {sys.executable} has no {error.name}. {advice}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # The process printed its error.
