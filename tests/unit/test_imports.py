"""Imports that import-linter cannot check. Its contracts in pyproject.toml keep the layers of the apps."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "services" / "web"
# import-linter knows Django as one package, without its modules.
WEB_ONLY = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.template")


def imported(path: Path) -> set[str]:
    """Return every module that a file imports, also inside functions and blocks."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, modules) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@pytest.mark.parametrize("app", ["messaging", "notifications"])
def test_messaging_and_notifications_import_no_http_modules(app):
    # Views, URLs and admin pages are excluded: no other module imports them.
    pages = ("admin", "views", "urls")
    files = [path for path in (WEB / app).rglob("*.py") if not path.name.startswith(pages)]

    assert files
    assert {(path.name, name) for path in files for name in imported(path) if within(name, WEB_ONLY)} == set()


def test_the_contracts_of_import_linter_name_every_app():
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers, circles = linter["contracts"]
    apps = {path.parent.name for path in WEB.glob("*/__init__.py")}

    missing = "name the app in every list of [tool.importlinter] in pyproject.toml"
    assert {app for layer in layers["layers"] for app in layer.split(" | ")} == apps, missing
    assert set(linter["root_packages"]) == set(circles["ancestors"]) == apps, missing
