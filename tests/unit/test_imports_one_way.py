"""Imports between apps have one direction: each app imports only apps of lower layers."""

import ast
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "services" / "web"
# From the top to the bottom. Apps of one layer are independent of each other.
LAYERS = [
    {"chats", "labs", "probe"},
    {"live"},
    {"notifications"},
    {"messaging"},
    {"accounts"},
    {"caching"},
    {"observability"},
]
APPS = set().union(*LAYERS)
MAY_IMPORT = {app: set().union(*LAYERS[number + 1 :]) for number, layer in enumerate(LAYERS) for app in layer}
WEB_ONLY = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.template", "chats")


def imported(source: str, package: str) -> set[str]:
    """Return every module that `source` imports, also inside functions and blocks."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def imports_of(app: str) -> dict[str, set[str]]:
    files = sorted((WEB / app).rglob("*.py"))
    assert files
    return {
        str(path.relative_to(WEB)): imported(path.read_text(), ".".join(path.relative_to(WEB).parent.parts))
        for path in files
    }


def within(name: str, modules) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


@pytest.mark.parametrize("app", sorted(APPS))
def test_an_app_imports_only_what_it_depends_on(app):
    forbidden = APPS - MAY_IMPORT[app] - {app}

    assert {
        (file, name) for file, names in imports_of(app).items() for name in names if within(name, forbidden)
    } == set()


@pytest.mark.parametrize("app", ["messaging", "notifications"])
def test_messaging_and_notifications_import_no_http_modules(app):
    assert {
        (file, name)
        for file, names in imports_of(app).items()
        for name in names
        # Exclude views, URLs and admin pages, which no other module imports.
        if within(name, WEB_ONLY) and not Path(file).name.startswith(("admin", "views", "urls"))
    } == set()


def test_every_local_app_has_a_layer():
    packages = {path.parent.name for path in WEB.glob("*/apps.py")}

    assert packages == APPS, f"add the app to LAYERS in {__file__}"


@pytest.mark.parametrize(
    "source",
    [
        "import chats.views",
        "from chats import cache",
        "def later():\n    from chats.views import inbox",
        "from ..chats import views",
        "if TYPE_CHECKING:\n    from chats.models import Page",
    ],
)
def test_every_form_of_import_is_found(source):
    assert any(within(name, {"chats"}) for name in imported(source, "messaging"))
