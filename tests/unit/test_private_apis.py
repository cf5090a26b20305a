"""docs/private-apis.md lists all private API of other packages that the code uses, and all of it exists."""

import re
import sys

import pytest

from tests.unit import private_apis

PAGE = private_apis.WEB.parents[1] / "docs/private-apis.md"
FIRST, _, SECOND = PAGE.read_text().partition("\n## Names without an underscore")


def rows(text: str) -> list[tuple[str, set[str]]]:
    """Return the dotted name and the files of each row."""
    found = re.findall(r"^\| `([\w.]+)` \| (.+?) \|", text, re.M)
    return [(name, set(re.findall(r"`([\w./]+)`", files))) for name, files in found]


def test_every_private_name_in_the_code_is_listed():
    listed = {(file, name.rpartition(".")[2]) for name, files in rows(FIRST) for file in files}
    used = private_apis.used()

    assert used - listed == set(), "add these to docs/private-apis.md, or use public API"
    assert listed - used == set(), "remove these from docs/private-apis.md"


@pytest.mark.parametrize("name", [name for name, _ in rows(FIRST) + rows(SECOND)])
def test_listed_name_exists_in_the_installed_package(name):
    assert private_apis.exists(name)


@pytest.mark.parametrize(("name", "files"), rows(SECOND))
def test_undocumented_name_is_in_its_files(name, files):
    for file in files:
        assert re.search(rf"\b{name.rpartition('.')[2]}\b", (private_apis.WEB / file).read_text())


@pytest.mark.parametrize(
    "name", ["django.middleware.csrf._gone", "django.gone.name", "redis.connection.ConnectionPool._gone"]
)
def test_missing_name_is_noticed(name):
    assert not private_apis.exists(name)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("from django.middleware.csrf import _does_token_match", "_does_token_match"),
        ("from redis._parsers import base", "_parsers"),
        ("def close(pool): pool._in_use_connections.clear()", "_in_use_connections"),
        ("def user(request): return getattr(request, '_cached_user')", "_cached_user"),
        ("from django import forms\nclass A(forms.Form):\n    def _post_clean(self): pass", "_post_clean"),
    ],
)
def test_private_name_in_a_new_file_is_found(code, name, tmp_path, monkeypatch):
    (tmp_path / "added.py").write_text(code)
    monkeypatch.setattr(private_apis, "WEB", tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "added", raising=False)  # Of the case before.

    assert private_apis.used() == {("added.py", name)}
