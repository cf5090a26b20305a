"""`make run` and its companions, as a newcomer uses them."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("stack")
MAKE_MEMBER = 'CMD=shell -v0 -c "from accounts.models import User; User.objects.create(username=chr(122))"'
COUNT = 'CMD=shell -v0 -c "from accounts.models import User; print(User.objects.count(), chr(109))"'


def test_run_answers_says_so_a_second_time_and_stops_without_a_trace(checkout, stack):
    assert stack.get("/healthz")[0] == 200
    assert '"redis": true' in stack.get("/readyz")[1]
    code, said = checkout.make("run")
    assert (code, said.strip()) == (
        0,
        f"Bobbin runs already: http://127.0.0.1:{checkout.port}. `make stop` ends it.",
    )
    code, said = checkout.make("demo")
    assert code == 0
    assert said.count("password:") == 3
    assert checkout.make("stop") == (0, "Bobbin is stopped.\n")
    assert stack.left_over() == []
    assert not stack.sockets.exists()
    assert checkout.make("stop") == (0, "Bobbin is not running here.\n")


def test_ctrl_c_leaves_no_process_and_the_data_stay(checkout, stack):
    checkout.make("manage", MAKE_MEMBER)
    assert len(stack.children) > 5

    assert stack.press_ctrl_c() in {0, 2, -signal.SIGINT}
    assert stack.left_over() == []
    assert "1 m" in checkout.make("manage", COUNT)[1]
    assert not (checkout.folder / ".run/state.json").exists()


def test_a_killed_supervisor_takes_all_with_it_and_the_next_start_recovers(checkout, stack):
    checkout.make("manage", MAKE_MEMBER)
    stack.supervisor.kill()
    assert stack.left_over() == []

    again = checkout.run()
    assert "1 m" in checkout.make("manage", COUNT)[1]
    assert not stack.sockets.exists()
    again.press_ctrl_c()


def test_a_killed_server_ends_the_run_with_its_name(checkout, stack):
    next(child for child in stack.children if child.name() == "valkey-server").kill()

    assert stack.process.wait(60) != 0
    assert "Bobbin: Valkey ended by itself" in stack.process.stdout.read()
    assert stack.left_over() == []


def test_a_taken_port_is_one_line_and_nothing_is_left(checkout):
    with socket.create_server(("127.0.0.1", int(checkout.port))):
        code, said = checkout.make("run")

    assert code != 0
    assert f"Bobbin: port {checkout.port} of 127.0.0.1 cannot be used (Address already in use)" in said
    assert not (checkout.folder / ".run/postgres").exists()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"LOG_LEVEL": "loud"}, "Bobbin: LOG_LEVEL is 'LOUD'; it can be DEBUG,"),
        ({"HTTPS": "maybe"}, "Bobbin: the setting HTTPS is wrong or missing"),
        ({"SECRET_KEY": "short"}, "Bobbin: SECRET_KEY is shorter than 50 characters"),
    ],
)
def test_a_wrong_setting_is_one_line_and_nothing_is_left(checkout, env, said):
    code, output = checkout.make("run", **env)

    assert code != 0
    assert said in output
    assert "Traceback" not in output
    assert not (checkout.folder / ".run/postgres").exists()
    assert checkout.make("stop")[1] == "Bobbin is not running here.\n"


@pytest.mark.parametrize("port", ["0", "70000", "http"])
def test_a_port_that_is_none_is_one_line(checkout, port):
    checkout.port = port

    assert f"Bobbin: PORT={port} is not a port" in checkout.make("run")[1]


def test_a_missing_or_old_python_is_one_line(checkout):
    (checkout.folder / ".venv").unlink()
    old = checkout.folder / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in ("/nonexistent/python3", str(old)):
        code, said = checkout.make("run", f"PYTHON={python}", PYTHON=python)
        assert code != 0
        assert "Bobbin: Python 3.11 or newer is needed" in said


def test_a_file_in_the_way_is_one_line(checkout):
    (checkout.folder / ".run").write_text("")
    code, said = checkout.make("run")

    assert code != 0
    assert "Bobbin: [Errno 20] Not a directory" in said
    assert "Traceback" not in said


def _modes(folder: Path) -> dict:
    folders = [folder, *folder.parents, Path("/var/lib"), Path("/tmp"), Path(sys.prefix)]
    return {each: (stat.S_IMODE(each.stat().st_mode), each.stat().st_uid) for each in folders}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who may enter what others may not")
def test_root_in_a_folder_that_only_root_may_enter(checkout):
    checkout.folder.parent.chmod(0o700)
    before = _modes(checkout.folder)
    stack = checkout.run()
    assert '"redis": true' in stack.get("/readyz")[1]
    servers = [child for child in stack.children if child.name() in {"postgres", "valkey-server"}]

    assert {child.username() for child in servers} <= {"postgres", "nobody"}
    assert not (checkout.folder / ".run/postgres").exists()
    assert stat.S_IMODE(stack.sockets.stat().st_mode) == 0o700
    assert stack.press_ctrl_c() in {0, 2, -signal.SIGINT}
    assert _modes(checkout.folder) == before


def test_a_plain_user_needs_no_root(plain_checkout):
    before = _modes(plain_checkout.folder)
    stack = plain_checkout.run()
    assert stack.get("/healthz")[0] == 200
    assert {child.uids().real for child in stack.children} == {plain_checkout.user["user"]}
    assert stat.S_IMODE((plain_checkout.folder / ".run/postgres").stat().st_mode) == 0o700
    assert stack.press_ctrl_c() in {0, 2, -signal.SIGINT}
    assert stack.left_over() == []
    assert _modes(plain_checkout.folder) == before


def test_a_deep_folder_is_no_trouble_for_the_sockets(checkout, tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.parent.mkdir()
    checkout.folder.rename(deep)
    checkout.folder = deep
    stack = checkout.run()

    assert stack.get("/healthz")[0] == 200
    stack.press_ctrl_c()


def test_nobody_else_can_connect(checkout, stack):
    sockets = sorted(path.name for path in stack.sockets.iterdir() if path.is_socket())
    assert sockets == [".s.PGSQL.5432", "valkey.sock"]
    assert stat.S_IMODE(stack.sockets.stat().st_mode) == 0o700
    listening = [
        connection.laddr
        for child in stack.children
        if child.name() in {"postgres", "valkey-server"} and child.is_running()
        for connection in child.net_connections("inet")
    ]
    assert listening == []


def test_tests_run_in_a_bare_checkout_and_leave_nothing(checkout):
    code, said = checkout.make(
        "test", "ARGS=-q tests/unit/test_content.py tests/integration/messaging/test_send.py"
    )

    assert code == 0, said
    assert " passed" in said
    assert not (checkout.folder / ".run").exists()


def test_help_names_every_target(checkout):
    makefile = (checkout.folder / "Makefile").read_text()
    targets = {line.split(":")[1].strip() for line in makefile.splitlines() if line.startswith(".PHONY")}
    said = checkout.make("help")[1]

    assert targets == {line.split()[1] for line in said.splitlines()}


def test_scripts_are_clean():
    scripts = [*Path("scripts").glob("*.sh"), Path(".ci/run")]

    assert scripts
    subprocess.run([f"{sys.prefix}/bin/shellcheck", *map(str, scripts)], check=True)
