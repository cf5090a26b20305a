"""`make run` and related targets, as a new user runs them."""

import contextlib
import os
import pty
import signal
import stat
import subprocess
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.xdist_group("stack")
MAKE_MEMBER = 'CMD=shell -v0 -c "from accounts.models import User; User.objects.create(username=chr(122))"'
COUNT = 'CMD=shell -v0 -c "from accounts.models import User; print(User.objects.count(), chr(109))"'
STOPPED = {0, 2, -signal.SIGINT}  # Exit statuses of make after Ctrl-C.


def test_run_serves_and_reports_a_second_run(shared_stack):
    checkout = shared_stack.checkout
    assert shared_stack.get("/healthz").status == 200
    assert '"redis": true' in shared_stack.get("/readyz").text
    code, said = checkout.make("run")
    assert (code, said.strip()) == (
        0,
        f"Bobbin runs already: http://127.0.0.1:{checkout.port}. `make stop` ends it.",
    )
    (checkout.folder / "messages.jsonl").write_text("[]\n")
    assert "1 lines read" in checkout.make("manage", "CMD=import_messages messages.jsonl")[1]


def test_only_the_owner_can_connect_to_the_servers(shared_stack):
    folder, servers = shared_stack.sockets, shared_stack.servers()
    assert sorted(path.name for path in folder.iterdir() if path.is_socket()) == [
        ".s.PGSQL.5432",
        "valkey.sock",
    ]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [connection for server in servers for connection in server.net_connections("inet")] == []
    postgres = next(server for server in servers if server.name() == "postgres")
    environ = Path(f"/proc/{postgres.pid}/environ").read_text()
    assert "LC_ALL=C" in environ
    assert "HOME=" not in environ


def test_ctrl_c_and_stop_end_all_processes_and_keep_the_data(used_checkout, stack):
    checkout = used_checkout
    checkout.make("manage", MAKE_MEMBER)
    assert len(stack.children) > 5

    assert stack.press_ctrl_c() in STOPPED
    assert stack.left_over() == []
    assert checkout.make("manage", COUNT) == (0, "1 m\n")
    assert not (checkout.folder / ".run/state.json").exists()

    again = checkout.run()
    assert checkout.make("stop") == (0, "Bobbin is stopped.\n")
    assert again.left_over() == []
    assert not again.sockets.exists()
    assert checkout.make("stop") == (0, "Bobbin is not running here.\n")


def test_killed_stack_leaves_nothing_and_recovers(used_checkout, stack):
    checkout = used_checkout
    checkout.make("manage", MAKE_MEMBER)
    stack.supervisor.kill()
    assert stack.left_over() == []
    # Run a command that changes nothing first: it must not discard the record of what to clean up.
    assert checkout.make("stop") == (0, "Bobbin is not running here.\n")
    assert not stack.sockets.exists()

    again = checkout.run()
    lock = checkout.folder / ".run/postgres/postmaster.pid"
    owner, numbers = lock.stat(), lock.read_text().splitlines()
    for process in [again.supervisor, *again.children]:
        with contextlib.suppress(psutil.NoSuchProcess):  # The others may exit once the first is killed.
            process.kill()
    assert again.left_over() == []
    # Another process of the same user reuses the PID of the dead server.
    other = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **other) as stranger:
        lock.write_text("\n".join([str(stranger.pid), *numbers[1:]]) + "\n")
        counted = checkout.make("manage", COUNT)
        stranger.terminate()
    assert counted == (0, "1 m\n")


def test_killed_server_ends_the_run_with_its_name_despite_repeated_ctrl_c(stack):
    next(child for child in stack.children if child.name() == "valkey-server").kill()
    said = ""
    while "Stopping" not in said:
        said = stack.process.stdout.readline()
    with contextlib.suppress(psutil.NoSuchProcess):
        while stack.supervisor.status() != psutil.STATUS_ZOMBIE:
            stack.supervisor.send_signal(signal.SIGINT)
            time.sleep(0.01)

    assert stack.process.wait(60) != 0
    assert "Bobbin: Valkey ended by itself" in stack.process.stdout.read()
    assert stack.left_over() == []
    assert not stack.sockets.exists()


def test_closed_terminal_shuts_the_run_down_gracefully(used_checkout):
    """If make is the session leader, only make gets SIGHUP, and further output is lost."""
    checkout = used_checkout
    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.chdir(checkout.folder)
        os.execvp("make", ["make", "run", f"PORT={checkout.port}"])
    said = b""
    while b"elsewhere" not in said:
        said += os.read(terminal, 4096)
    supervisor = psutil.Process(checkout.state["supervisor"]["pid"])
    os.close(terminal)
    supervisor.wait(30)
    os.waitpid(process, 0)

    assert "Shutting down: Master" in (checkout.folder / ".run/log/web.log").read_text()
    assert "database system is shut down" in (checkout.folder / ".run/log/postgres.log").read_text()
    assert checkout.make("stop")[1] == "Bobbin is not running here.\n"
