"""The name of the release that an image gets from its checkout."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "services/web").mkdir(parents=True)
    (tmp_path / "services/web/pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("embedded"))
    return tmp_path


def run(checkout, *command):
    said = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)
    return said.stdout.strip()


@pytest.fixture
def commit(checkout):
    run(checkout, "git", "init", "--quiet")

    def commit(text):
        (checkout / "services/web/views.py").write_text(text)
        run(checkout, "git", "add", ".")
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        run(checkout, "git", *who, "commit", "--quiet", "--message", text)
        return run(checkout, "git", "rev-parse", "--short", "HEAD")

    return commit


def test_release_of_an_unpacked_archive_is_the_version(checkout):
    assert run(checkout, "scripts/release.sh") == "1.2.3"


def test_release_of_a_tagged_commit_is_the_version_and_of_a_later_one_names_the_commit(checkout, commit):
    commit("a")
    run(checkout, "git", "tag", "v1.2.3")
    assert run(checkout, "scripts/release.sh") == "1.2.3"

    later = commit("b")

    assert run(checkout, "scripts/release.sh") == f"1.2.3.g{later}"


def test_release_of_uncommitted_changes_differs_for_each_change(checkout, commit):
    first = commit("a")
    found = set()
    for text in ("b", "c"):
        (checkout / "services/web/views.py").write_text(text)
        found.add(run(checkout, "scripts/release.sh"))

    assert len(found) == 2
    assert all(release.startswith(f"1.2.3.g{first}.d") for release in found)
