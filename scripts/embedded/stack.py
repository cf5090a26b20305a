"""The stack on a laptop: PostgreSQL, Valkey and the web server, started and ended together."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import service
import state
from errors import Failure
from places import ROOT, RUN, home, make_folder, programs, server_user, socket_folder
from postgres import start_postgres
from processes import Child
from valkey import start_valkey

LOGS = RUN / "log"


class Stop(BaseException):
    """Somebody wants us to end."""


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Turn the signals that end a program into Stop, once: ending must not be interrupted half-way."""

    def stop(number: int, frame) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stop(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    yield


@contextlib.contextmanager
def servers(folder: Path | None = None, *, forgetful: bool = False) -> Iterator[tuple[Path, list[Child]]]:
    """PostgreSQL and Valkey while the block runs: the folder of their sockets, and the processes.

    Data lie in `folder`, or where `.run` keeps them.
    """
    user = server_user()
    where = programs(user)
    base = folder or home(user)
    logs = folder or LOGS
    make_folder(logs, 0o755)
    sockets = socket_folder(user)
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, sockets, ignore_errors=True)
        children: list[Child] = []
        for child in (
            lambda: start_valkey(where, sockets, _fresh(logs / "valkey.log"), user),
            lambda: start_postgres(
                where, base / "postgres", sockets, _fresh(logs / "postgres.log"), user, forgetful=forgetful
            ),
        ):
            children.append(child())
            ending.callback(children[-1].end)
        yield sockets, children


def run(host: str, port: str) -> None:
    """`make run`: everything, until Ctrl-C."""
    with state.only_one() as alone:
        if not alone:
            url = state.recall().get("url") or "no web server yet"
            print(f"Bobbin runs already: {url}. `make stop` ends it.")
            return
        service.check_port(host, port)
        service.check_settings(service.environment(RUN, host))
        state.clear_leftovers()
        began = time.monotonic()
        print("Starting PostgreSQL and Valkey ...", flush=True)
        with servers() as (sockets, children):
            _remember(sockets, children)
            env = service.environment(sockets, host)
            print("Applying migrations, collecting static files ...", flush=True)
            service.prepare(env)
            web = service.start_web(env, host, port, _fresh(LOGS / "web.log"))
            try:
                url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
                _remember(sockets, [*children, web], url)
                _greet(url, time.monotonic() - began)
                _watch([*children, web])
            finally:
                print("\nStopping ...", flush=True)
                web.end()


def manage(arguments: list[str]) -> int:
    """`make manage`: a management command against the running stack, or against servers just for it."""
    with state.only_one() as alone:
        if alone:
            state.clear_leftovers()
            with servers() as (sockets, children):
                _remember(sockets, children)
                env = service.environment(sockets)
                service.prepare(env)
                return service.manage(arguments, env)
    sockets = state.recall().get("sockets")
    if not sockets:
        raise Failure("Bobbin is just starting or stopping; try again in a moment.")
    return service.manage(arguments, service.environment(Path(sockets)))


def reset(*, sure: bool) -> str:
    """`make reset`: delete the data of `make run`."""
    with state.only_one() as alone:
        if not alone:
            raise Failure("Bobbin is running; `make stop` first.")
        base = home(server_user())
        if not sure and input(f"Delete all members and messages in {base}? Type yes: ") != "yes":
            return "Nothing was deleted."
        state.clear_leftovers()
        for folder in {base / "postgres", base / "postgres.new"}:
            shutil.rmtree(folder, ignore_errors=True)
    return "All data are deleted."


def test(arguments: list[str]) -> int:
    """`make test`: pytest on servers of its own, which leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="bobbin-test-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with servers(Path(folder), forgetful=True) as (sockets, _):
            # A key of its own: tests leave nothing in `.run`.
            os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
            env = service.environment(sockets) | {"ALLOWED_HOSTS": "localhost,127.0.0.1,testserver"}
            process = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=env)
            try:
                return process.wait()
            except Stop:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise


def _fresh(log: Path) -> Path:
    log.unlink(missing_ok=True)
    return log


def _remember(sockets: Path, children: list[Child], url: str = "") -> None:
    known = [state.identity(child.process.pid, child.ending) for child in children]
    state.remember(sockets=str(sockets), children=known, **({"url": url} if url else {}))


def _greet(url: str, seconds: float) -> None:
    print(f"\nBobbin is ready after {seconds:.1f} s: {url}\n")
    print(f"  First account   {url}/accounts/signup/")
    print("  Or look around  make demo (three members with passwords, and a few threads)")
    print(f"  Logs            {LOGS}")
    print("  End             Ctrl-C, or `make stop` elsewhere\n", flush=True)


def _watch(children: list[Child]) -> None:
    """Wait until one of them ends by itself, which is a failure."""
    while True:
        for child in children:
            if child.process.poll() is not None:
                raise child.failure()
        time.sleep(0.3)
