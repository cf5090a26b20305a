"""`make rollback` runs the images of before again, under load, and `make upgrade` does so after a failure."""

import re
import time

from tests.deployment.compose.judging import judge
from tests.deployment.compose.migrating import add_migration
from tests.deployment.compose.sending import Load
from tests.deployment.compose.visiting import Visitor, change_static_files


def image(stack) -> str:
    return stack.inspect()["web"]["Image"]


def test_rollback_under_load_runs_the_image_of_before(stack, members, note):
    before = image(stack)
    change_static_files(stack.folder)
    add_migration(stack.folder, "99991_rolled_back", column="rolled_back")
    stack.env["RELEASE"] += "-4"
    stack.make("up")
    assert image(stack) != before
    load, visitor = Load(stack, members), Visitor(stack.url)

    with load, visitor:
        began = time.monotonic()
        said = stack.make("rollback")
        well = time.monotonic() - began
        load.wait_for_more()

    assert "runs again" in said
    assert image(stack) == before
    judge(load, began, well, note, "`make rollback`", allowed=set())
    assert visitor.failures == []


def test_second_rollback_changes_nothing(stack):
    before = stack.ids()
    assert "already in use" in stack.make("rollback", status=2)
    assert stack.ids() == before


def test_failed_upgrade_rolls_back(stack):
    before = image(stack)
    page = stack.folder / "services/web/accounts/jinja2/accounts/login.html"
    whole = page.read_text()
    page.write_text(f"{whole}{{% set broken = broken_by_the_test() %}}")

    said = stack.make("upgrade", status=2)

    page.write_text(whole)
    assert "runs again" in said
    assert image(stack) == before
    assert list((stack.folder / "backups").glob("*.dump"))
    assert stack.unhealthy() == ""


def test_rollback_to_a_release_that_cannot_use_the_tables_is_refused(stack):
    breaking = add_migration(stack.folder, "99992_breaking", column="breaking")
    breaking.write_text(re.sub("    oldest_release.*\n", "", breaking.read_text()))
    stack.make("up")
    after = image(stack)

    said = stack.make("rollback", status=2)

    assert "belongs to a newer release" in said
    assert "the rollback failed" in said
    assert image(stack) == after
    assert stack.unhealthy() == ""


def test_rollback_without_an_image_of_before_says_what_to_do(stack):
    name = stack.inspect()["web"]["Config"]["Image"]
    stack.run("docker", "rmi", f"{name}-previous")
    assert "Check out that release, and run make up" in stack.make("rollback", status=2)
