"""`make run` and the commands on its data: PostgreSQL, Valkey and the web processes, started together."""

import contextlib
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.embedded import ports, service, state, web
from scripts.embedded.errors import Failure
from scripts.embedded.places import AWAY, ROOT, RUN, home, programs, server_user
from scripts.embedded.processes import Child
from scripts.embedded.servers import servers
from scripts.embedded.terminal import open_terminal, say, wait_for_the_end

LOGS = RUN / "log"


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {name:<14}{time.monotonic() - began:5.1f} s")


@contextlib.contextmanager
def our_servers() -> Iterator[tuple[Path, list[Child]]]:
    """Run the servers with the data of `make run`, and record them for `make stop` and `make manage`."""
    with servers(home(server_user()), LOGS, AWAY) as (sockets, children):
        _remember(children, sockets=str(sockets))
        yield sockets, children


def run(host: str, port: str) -> None:
    """`make run`: start all processes and wait for Ctrl-C."""
    with state.only_one() as alone:
        if not alone:
            say(f"Bobbin runs already: {_url_of_running()}. `make stop` ends it.")
            return
        ports.check_port(host, port)
        metrics_port = ports.port_beside("METRICS_PORT", port, 1100)
        service.check_settings(service.environment(RUN, host))
        began, terminal = time.monotonic(), open_terminal()
        say("Bobbin starts ...")
        with contextlib.ExitStack() as ending:
            with step("servers"):
                sockets, children = ending.enter_context(our_servers())
            env = web.with_events(service.environment(sockets, host), host, port)
            with step("migrations"):
                service.migrate(env)
            with step("static files"):
                service.collect_static_files(env)
            with step("web server"):
                children.append(web.start_web(env, host, port, LOGS / "web.log"))
                ending.callback(children[-1].end)
                children.append(web.start_events(env, host, LOGS / "events.log"))
                ending.callback(children[-1].end)
                children.append(web.start_metrics(env, metrics_port, LOGS / "metrics.log"))
                ending.callback(children[-1].end)
            ending.callback(say, "\nStopping ...")
            url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            _remember(children, url=url)
            _greet(url, metrics_port, time.monotonic() - began)
            wait_for_the_end(children, terminal)


def manage(arguments: list[str]) -> int:
    """`make manage`: run a management command with the running stack, or start the servers only for it."""
    _refuse_in_folder_of_containers(arguments)
    with state.only_one() as alone:
        if not alone:
            _url_of_running()
            return service.manage(arguments, service.environment(Path(state.recall()["sockets"])))
        service.check_settings(service.environment(RUN))
        with our_servers() as (sockets, _):
            env = service.environment(sockets)
            service.migrate(env)
            return service.manage(arguments, env)


def _refuse_in_folder_of_containers(arguments: list[str]) -> None:
    """Refuse a command that would get an empty database while the containers have the data."""
    if (ROOT / "secrets").is_dir() and not RUN.exists():
        command = shlex.join(["docker", "compose", "exec", "web", "python", "manage.py", *arguments])
        raise Failure(
            f"this folder has containers (make up), and no data of make run. For the containers: {command}"
        )


def move_database() -> None:
    """`make move-database`: move the data of `make run` into a database with the locale that Bobbin needs."""
    with state.only_one() as alone:
        if not alone:
            raise Failure("Bobbin is running; `make stop` first.")
        with our_servers() as (sockets, _):
            service.move_database(programs(server_user(), AWAY), sockets)


def reset(*, sure: bool) -> str:
    """`make reset`: delete the data of `make run`."""
    with state.only_one() as alone:
        if not alone:
            raise Failure("Bobbin is running; `make stop` first.")
        data = home(server_user()) / "postgres"
        if not data.exists():
            return "There are no data."
        if not sure and not _confirmed(data):
            return "Nothing was deleted."
        shutil.rmtree(data)
    return "All data are deleted."


def _confirmed(data: Path) -> bool:
    try:
        return input(f"Delete all members and messages in {data}? Type yes: ") == "yes"
    except EOFError:
        raise Failure("nobody is there to ask; `make reset YES=1` deletes without a question.") from None


def _url_of_running() -> str:
    url = state.recall().get("url")
    if not url:
        raise Failure(state.BUSY)
    return url


def _remember(children: list[Child], **facts: str) -> None:
    known = [state.identity(child.process.pid, child.ending) for child in children]
    state.remember(children=known, **facts)


def _greet(url: str, metrics_port: str, seconds: float) -> None:
    say(f"\nBobbin is ready after {seconds:.1f} s: {url}\n")
    say(f"  First account   {url}/accounts/signup/")
    say("  Or look around  make demo (three members with passwords, and a few threads)")
    say(f"  Metrics         http://127.0.0.1:{metrics_port}/metrics")
    say(f"  Logs            {LOGS}")
    say("  End             Ctrl-C, or `make stop` elsewhere\n")
