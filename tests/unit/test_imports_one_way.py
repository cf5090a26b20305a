"""Imports run one way: chats, notifications, messaging, accounts; observability is a leaf."""

import ast
from pathlib import Path

import pytest

WEB = Path(__file__).resolve().parents[2] / "services" / "web"
APPS = {"chats", "notifications", "messaging", "accounts", "observability"}
MAY_IMPORT = {
    "chats": {"notifications", "messaging", "accounts", "observability"},
    "notifications": {"messaging", "accounts", "observability"},
    "messaging": {"accounts", "observability"},
    "accounts": {"observability"},
    "observability": set(),
}
WEB_ONLY = ("django.http", "django.shortcuts", "django.urls", "django.views", "django.template", "chats")


def imported(source: str, package: str) -> set[str]:
    """Every module that `source` imports, wherever in the file the import stands."""
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
def test_messages_and_notifications_know_nothing_of_http(app):
    assert {
        (file, name)
        for file, names in imports_of(app).items()
        for name in names
        # The pages of the administration are HTTP by nature; nothing else imports them.
        if within(name, WEB_ONLY) and not Path(file).name.startswith("admin")
    } == set()


def test_every_app_of_ours_is_in_the_order():
    packages = {path.parent.name for path in WEB.glob("*/apps.py")}

    assert packages == APPS


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
def test_no_way_to_write_an_import_escapes(source):
    assert any(within(name, {"chats"}) for name in imported(source, "messaging"))
