"""The folders of secrets and backups, which .env sets for Compose and for the scripts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
VALUES = {
    "{here}/backups": "backups",
    '"{here}/with a space"': "with a space",
    "'{here}/quoted' # a comment": "quoted",
    "{here}/commented   # a comment": "commented",
    "{here}/carriage return\r": "carriage return",
    "./relative": "checkout/relative",
    "~/at home": "at home",
}


@pytest.fixture
def checkout(tmp_path):
    shutil.copytree(ROOT / "scripts", tmp_path / "checkout/scripts")
    return tmp_path / "checkout"


def run(checkout, script, **env):
    env = {"PATH": os.environ["PATH"], "HOME": str(checkout.parent)} | env
    subprocess.run([f"scripts/{script}"], cwd=checkout, env=env, check=True, capture_output=True)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    ("name", "script"), [("BACKUPS", "backup-folder.sh"), ("BOBBIN_SECRETS", "secrets.sh")]
)
def test_folder_in_dotenv_is_used_by_the_scripts(checkout, name, script, value):
    written = value.format(here=checkout.parent)
    (checkout / ".env").write_text(f"# {name}=/not/this\nLOG_LEVEL=INFO\n{name} = {written}\n", newline="")
    run(checkout, script)

    assert (checkout.parent / VALUES[value]).is_dir()
    assert not (checkout / "backups").exists()
    assert not (checkout / "secrets").exists()


def test_folder_in_the_shell_overrides_dotenv(checkout):
    (checkout / ".env").write_text("BACKUPS=./of-the-file\n")
    run(checkout, "backup-folder.sh", BACKUPS=str(checkout.parent / "of-the-shell"))

    assert (checkout.parent / "of-the-shell").is_dir()
    assert not (checkout / "of-the-file").exists()
