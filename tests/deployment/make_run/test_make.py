"""The Makefile and its scripts."""

import os
import signal
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.xdist_group("stack")


def test_help_names_the_daily_targets_and_help_all_every_target(checkout):
    makefile = (checkout.folder / "Makefile").read_text()
    targets = {line.split(":")[1].strip() for line in makefile.splitlines() if line.startswith(".PHONY")}
    daily, every = (checkout.make(*named)[1].splitlines() for named in ([], ["help-all"]))

    assert targets == {line.split()[1] for line in every}
    assert len(daily) <= 16
    assert set(daily) < set(every)


def test_tests_run_in_a_bare_checkout_and_leave_nothing(checkout):
    code, said = checkout.make(
        "test", "ARGS=-q tests/unit/test_content.py tests/integration/messaging/test_send.py"
    )

    assert code == 0, said
    assert " passed" in said
    assert not (checkout.folder / ".run").exists()


def test_interrupted_tests_leave_nothing(checkout):
    waiting = """
        import os, time
        def test_it():
            print("AT", os.environ["POSTGRES_HOST"], flush=True)
            time.sleep(60)
    """
    (checkout.folder / "tests/unit/test_waiting.py").write_text(dedent(waiting))
    process = checkout.start("test", "ARGS=-s tests/unit/test_waiting.py")
    sockets = next(line.split("AT ")[1].strip() for line in process.stdout if "AT " in line)
    assert Path(sockets).is_dir()

    os.killpg(process.pid, signal.SIGINT)
    process.wait(60)
    assert not Path(sockets).exists()
    assert not [folder for folder in Path("/proc").glob("[0-9]*/cwd") if _is(folder, sockets)]


def _is(link: Path, folder: str) -> bool:
    try:
        return os.readlink(link).startswith(folder)
    except OSError:
        return False


def test_install_with_an_unchanged_lock_installs_nothing(checkout):
    installed = checkout.folder / ".venv/installed.sum"
    before = installed.stat().st_mtime_ns

    assert checkout.make("install") == (0, "")
    assert installed.stat().st_mtime_ns == before
