"""The local stack: PostgreSQL, Valkey and the web processes, started and stopped together."""

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.embedded import ports, service, state, web
from scripts.embedded.errors import Failure
from scripts.embedded.places import (
    AWAY,
    ROOT,
    RUN,
    WEB,
    home,
    make_folder,
    programs,
    server_user,
    socket_folder,
)
from scripts.embedded.postgres import start_postgres
from scripts.embedded.processes import SIGNALS_TO_END, Child, nothing_disturbs
from scripts.embedded.valkey import start_valkey

LOGS = RUN / "log"


class Stop(BaseException):
    """A signal requested the end of this program."""


@contextlib.contextmanager
def stopping() -> Iterator[None]:
    """Convert the first signal that ends a program into Stop. Later ones must not interrupt the clean-up."""

    def stop(number: int, frame) -> None:
        nothing_disturbs()
        raise Stop(number)

    for each in SIGNALS_TO_END:
        # `nohup make run` must continue when its terminal closes.
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, stop)
    yield


def say(text: str) -> None:
    """Print `text`. Ignore a closed terminal, which must not interrupt the clean-up."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    say(f"  {name:<14}{time.monotonic() - began:5.1f} s")


@contextlib.contextmanager
def servers(
    base: Path, logs: Path, spare: Path, *, forgetful: bool = False
) -> Iterator[tuple[Path, list[Child]]]:
    """Run PostgreSQL and Valkey during the block. Yield the folder of their sockets, and the processes.

    The data are in `base`. If the user of the servers cannot run the installed programs, `spare` gets a copy.
    """
    user = server_user()
    where = programs(user, spare)
    make_folder(logs, 0o700)
    with contextlib.ExitStack() as ending:
        sockets = socket_folder(user)
        ending.callback(shutil.rmtree, sockets, ignore_errors=True)
        make_folder(sockets / service.METRICS, 0o700)
        valkey = start_valkey(where, sockets, logs / "valkey.log", user)
        ending.callback(valkey.end)
        postgres = start_postgres(
            where, base / "postgres", sockets, logs / "postgres.log", user, forgetful=forgetful
        )
        ending.callback(postgres.end)
        yield sockets, [valkey, postgres]


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
        began, terminal = time.monotonic(), _terminal()
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
            _watch(children, terminal)


def manage(arguments: list[str]) -> int:
    """`make manage`: run a management command with the running stack, or start the servers only for it."""
    with state.only_one() as alone:
        if not alone:
            _url_of_running()
            return service.manage(arguments, service.environment(Path(state.recall()["sockets"])))
        service.check_settings(service.environment(RUN))
        with our_servers() as (sockets, _):
            env = service.environment(sockets)
            service.migrate(env)
            return service.manage(arguments, env)


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


def test(arguments: list[str]) -> int:
    """`make test`: run pytest with temporary servers."""
    return _on_servers_of_its_own(
        [sys.executable, "-m", "pytest", *arguments], "bobbin-test-", forgetful=True
    )


def bench(arguments: list[str]) -> int:
    """`make bench` and similar: use temporary servers with the same settings as `make run`."""
    python = ROOT / ".venv-bench" / "bin" / "python"
    return _on_servers_of_its_own(
        [str(python), "-m", "bench", *arguments],
        "bobbin-bench-",
        forgetful=False,
        # Its processes start in other folders, and import both the benchmarks and Bobbin.
        PYTHONPATH=os.pathsep.join([str(ROOT), str(WEB)]),
    )


def _on_servers_of_its_own(command: list[str], prefix: str, *, forgetful: bool, **variables: str) -> int:
    """Run a command with temporary servers and return its exit status. All its data are deleted."""
    with tempfile.TemporaryDirectory(prefix=prefix, dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder, folder / "log", folder, forgetful=forgetful) as (sockets, _):
            env = service.environment_of_tests(sockets, folder) | variables
            return service.follow(command, env, signal.SIGINT)


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


def _terminal() -> select.poll:
    """Return a poll object that reports when the terminal closes. Create it while the terminal is open."""
    terminal = select.poll()
    if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp() and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        terminal.register(0, select.POLLHUP)
    return terminal


def _watch(children: list[Child], terminal: select.poll) -> None:
    """Wait until a child ends, which raises Failure, or until the terminal closes, which raises Stop."""
    while True:
        for child in children:
            if child.process.poll() is not None:
                # Ctrl-C during the clean-up must not replace the failure by a normal stop.
                nothing_disturbs()
                raise child.failure()
        # If make is the session leader of the terminal, only make gets SIGHUP, and it does not forward it.
        if terminal.poll(0):
            raise Stop(signal.SIGHUP)
        time.sleep(0.3)
