"""The stack as root, in a folder that only root may enter, and as a plain user."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("stack")


def modes(folder: Path) -> dict:
    """Return permissions and owners of the folders around a checkout, which must never change."""
    folders = [
        folder,
        *folder.parents,
        Path("/var/lib"),
        Path("/tmp"),
        *Path(sys.prefix).parents,
        Path(sys.prefix),
    ]
    return {each: (stat.S_IMODE(each.stat().st_mode), each.stat().st_uid) for each in folders}


def test_run_as_root_in_a_folder_that_only_root_may_enter(closed_checkout):
    before = modes(closed_checkout.folder)
    stack = closed_checkout.run()
    assert '"redis": true' in stack.get("/readyz").text

    assert {server.username() for server in stack.servers()} <= {"postgres", "nobody"}
    assert not (closed_checkout.folder / ".run/postgres").exists()
    data = closed_checkout.away / "postgres"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert data.stat().st_uid != 0
    assert closed_checkout.make("stop")[0] == 0
    assert modes(closed_checkout.folder) == before


def test_data_are_found_after_a_folder_is_opened_closed_or_moved(closed_checkout):
    base = closed_checkout.folder.parents[1]
    assert closed_checkout.make("manage", "CMD=check")[0] == 0  # Creates the database.
    data, old_folder = closed_checkout.away / "postgres", closed_checkout.away
    base.chmod(0o755)
    assert closed_checkout.make("manage", "CMD=check")[0] == 0
    assert not (closed_checkout.folder / ".run/postgres").exists()

    data.rename(closed_checkout.folder / ".run/postgres")
    base.chmod(0o700)
    code, said = closed_checkout.make("manage", "CMD=check")
    assert code != 0
    assert "can no longer enter" in said

    (closed_checkout.folder / ".run/postgres").rename(data)
    closed_checkout.folder = closed_checkout.folder.rename(closed_checkout.folder.with_name("moved"))
    code, said = closed_checkout.make("manage", "CMD=check")
    assert code != 0
    assert (
        f"its data are still in {old_folder}. To keep them here: mv {old_folder} {closed_checkout.away}"
        in said
    )
    shutil.move(old_folder, closed_checkout.away)
    assert closed_checkout.make("manage", "CMD=check")[0] == 0


def test_a_plain_user_needs_no_root(plain_checkout):
    run = plain_checkout.folder / ".run"
    run.mkdir()  # Owned by root.
    code, said = plain_checkout.make("run")
    assert code != 0
    assert said.startswith(f"Bobbin: [Errno 13] Permission denied: '{run}/lock'\n")
    run.rmdir()

    before = modes(plain_checkout.folder)
    stack = plain_checkout.run()
    assert stack.get("/healthz").status == 200
    assert {child.uids().real for child in stack.children} == {plain_checkout.user["user"]}
    assert stat.S_IMODE((plain_checkout.folder / ".run/postgres").stat().st_mode) == 0o700
    stack.press_ctrl_c()
    assert stack.left_over() == []
    assert modes(plain_checkout.folder) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give data to somebody else")
def test_data_of_another_user_are_not_changed(used_checkout):
    os.chown(used_checkout.folder / ".run/postgres", 12345, 12345)
    code, said = used_checkout.make("manage", "CMD=check")

    assert code != 0
    assert "belong to user 12345" in said
