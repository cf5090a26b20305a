"""A copy of this repository, as a clone would be."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The ignored files may be a gigabyte: the packages of Node.js and of the benchmarks.
NOT_CLONED = [".git", *(line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split())]


def copy_repository(folder: Path) -> None:
    """Copy the files that git does not ignore, with their times."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_CLONED))
