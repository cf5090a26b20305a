"""The check that a tag may become a release."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- Later\n\n## 1.2.3 (2026-11-28)\n\n- Now\n\n## 1.2\n\n- Before\n"
)


@pytest.fixture
def check(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "services/web").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/check-release.sh", tmp_path / "scripts")
    (tmp_path / "services/web/pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')

    def check(tag, changelog=CHANGELOG):
        (tmp_path / "CHANGELOG.md").write_text(changelog)
        return subprocess.run(
            ["scripts/check-release.sh", tag], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return check


def test_notes_of_a_release_are_its_section_of_the_changelog(check):
    done = check("v1.2.3")
    assert (done.returncode, done.stdout.strip()) == (0, "- Now")


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2", "v1.2.3-rc1"])
def test_tag_of_another_version_is_refused_with_the_right_one(check, tag):
    done = check(tag)
    assert done.returncode == 1
    assert f"the tag is {tag}" in done.stderr
    assert "Tag that version: v1.2.3" in done.stderr


def test_version_without_a_section_is_refused(check):
    done = check("v1.2.3", CHANGELOG.replace("1.2.3", "1.2.30"))
    assert done.returncode == 1
    assert 'no section "## 1.2.3"' in done.stderr
