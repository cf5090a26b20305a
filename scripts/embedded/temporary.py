"""Tests and benchmarks with servers and data of their own, which are deleted afterwards."""

import os
import signal
import sys
import tempfile
from pathlib import Path

from scripts.embedded import service
from scripts.embedded.places import ROOT, WEB
from scripts.embedded.servers import servers


def test(arguments: list[str]) -> int:
    """`make test`: run pytest with temporary servers."""
    return _on_temporary_servers([sys.executable, "-m", "pytest", *arguments], "bobbin-test-", forgetful=True)


def bench(arguments: list[str]) -> int:
    """`make bench` and similar: use temporary servers with the same settings as `make run`."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    return _on_temporary_servers(
        [str(python), "-m", "bench", *arguments],
        "bobbin-bench-",
        forgetful=False,
        # Its processes start in other folders, and import both the benchmarks and Bobbin.
        PYTHONPATH=os.pathsep.join([str(ROOT), str(WEB)]),
    )


def _on_temporary_servers(command: list[str], prefix: str, *, forgetful: bool, **variables: str) -> int:
    """Run a command with temporary servers and return its exit status. All its data are deleted."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder, folder / "log", folder, forgetful=forgetful) as (sockets, _):
            env = service.environment_of_tests(sockets, folder) | variables
            return service.follow(command, env, signal.SIGINT)
