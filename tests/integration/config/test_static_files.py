"""Names of static files contain a hash of their content, also in the imports between modules.

The modules and the style sheet are collected without comments and indentation.
"""

import gzip
import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings as site
from django.core.management import call_command

TYPE = re.compile(r"/\*\* @type .*?\*/ ")  # Before a value.
HASHED = re.compile(r"\.[0-9a-f]{12}\.")
SOURCES = Path(site.BASE_DIR) / "chats/static/chats"


@pytest.fixture
def collected(settings, tmp_path):
    """The folder of the collected modules."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static_files.Storage"}}
    call_command("collectstatic", verbosity=0, interactive=False)
    return tmp_path / "chats"


def served(collected) -> list[str]:
    """The names of the modules and style sheets that have a hash."""
    return [path.name for path in collected.iterdir() if re.search(HASHED.pattern + "(js|css)$", path.name)]


def test_modules_import_each_other_by_names_with_a_hash(collected):
    modules = [path for path in collected.glob("*.js") if HASHED.search(path.name)]
    imported = {path.name: re.findall(r'"\./([^"]+)"', path.read_text()) for path in modules}

    assert any(name.startswith("bobbin.") and names for name, names in imported.items())
    for names in imported.values():
        for name in names:
            assert HASHED.search(name)
            assert (collected / name).exists()


def test_static_files_are_compressed_with_brotli_and_gzip(collected):
    for path in [
        collected / name for name in served(collected) if not name.startswith("worker.")
    ]:  # Too short.
        by_brotli, by_gzip = ((path.parent / f"{path.name}{end}").read_bytes() for end in (".br", ".gz"))
        assert brotli.decompress(by_brotli) == gzip.decompress(by_gzip) == path.read_bytes()
        assert len(by_brotli) < len(by_gzip)


def test_modules_are_collected_without_comments_and_indentation_and_with_the_same_line_numbers(collected):
    for source in SOURCES.glob("*.js"):
        lines = source.read_text().splitlines()
        served = (collected / source.name).read_text().splitlines()
        for line, kept in zip(lines, served, strict=True):
            removed = re.sub(TYPE, "", line.strip()).removeprefix(kept).strip()
            assert not removed or removed.startswith(("//", "/**", "*")), line
            # What is removed behind code does not begin in a string.
            assert not kept or removed.count('"') % 2 == removed.count("`") % 2 == 0, line
            assert kept.count("'") % 2 == 0, line  # Comments contain apostrophes, and texts do not.
            # Otherwise the indentation could belong to a text of several lines.
            assert kept.count("`") % 2 == 0, line
        assert not [line for line in served if re.search(r"(^| )(//|/\*\*|\* @)", line)], source.name


def test_style_sheet_is_collected_without_comments_and_indentation_and_with_the_same_line_numbers(collected):
    lines = [line.strip() for line in (SOURCES / "bobbin.css").read_text().splitlines()]
    served = (collected / "bobbin.css").read_text()

    assert "/*" not in served
    assert [line for line in served.splitlines() if line] == [
        line for line, kept in zip(lines, served.splitlines(), strict=True) if line == kept and line
    ]
