"""The documents list exactly the tables, signals, settings, metrics, budgets and commands of the code."""

import importlib
import re
from pathlib import Path

from django.apps import apps
from django.db.models import signals as model_signals
from django.dispatch import Signal

from accounts import erasure_phases
from observability.budgets import declared
from tests.support.metrics_catalog import catalog

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services/web"
# The modules that read settings from the environment.
SOURCES = ("settings.py", "colors.py", "database.py", "environment.py", "site.py", "traces.py")
# Variables of the metrics process, which does not read the Django settings.
OF_THE_METRICS = {"PROMETHEUS_MULTIPROC_DIR", "METRICS_BIND", "METRICS_PORT"}


def test_every_receiver_is_listed():
    apps = [path.parent for path in WEB.glob("*/__init__.py")]
    code = "".join(path.read_text() for app in apps for path in app.rglob("*.py"))
    connected = set(re.findall(r'dispatch_uid="([\w.]+)"', code))
    names = "|".join(app.name for app in apps)
    listed = set(re.findall(rf"^\|[^|]*\|[^|]*\| `((?:{names})\.\w+)`", _doc("signals.md"), re.M))

    assert connected
    assert connected == listed, f"correct the first table of docs/signals.md: {connected ^ listed}"


def test_every_signal_of_bobbin_is_in_the_table():
    modules = [importlib.import_module(f"{path.parent.name}.signals") for path in WEB.glob("*/signals.py")]
    defined = {
        (name, f"{module.__name__.replace('.', '/')}.py")
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Signal) and not hasattr(model_signals, name)
    }
    listed = set(re.findall(r"^\| `(\w+)` \| `(\w+/signals\.py)` \|", _doc("signals.md"), re.M))

    assert defined == listed, "correct “Signals of our own” in docs/signals.md"


def test_phases_of_an_erasure_are_in_the_table_in_their_order():
    table = _doc("signals.md").partition("\n## Phases of an erasure\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \| `(\w+)\(\)` in `(\w+)/(\w+)\.py`", table, re.M)
    named = {phase: f"{app}.{module}.{function}" for phase, function, app, module in listed}

    assert list(named.items()) == list(erasure_phases.registered().items()), "correct docs/signals.md"


def test_every_table_of_bobbin_is_in_the_list():
    table = _doc("architecture.md").partition("\n## Tables\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(\w+)[`(]", table, re.M))
    models = {model.__name__ for model in apps.get_models() if (WEB / model._meta.app_label).is_dir()}

    assert models == listed, "correct “Tables” in docs/architecture.md"


def test_every_command_is_described():
    documents = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    commands = {path.stem for path in WEB.glob("*/management/commands/[!_]*.py")}
    missing = {name for name in commands if not re.search(rf"\b{name}\b", documents)}

    assert len(commands) >= 7
    assert not missing, f"describe in docs/operations.md or in a runbook: {missing}"


def test_every_setting_is_in_the_table():
    code = "".join((WEB / "config" / name).read_text() for name in SOURCES)
    reads = r"(?:environ\.get|choice|flag|hosts|link|number|origins|secret|text|zone)"
    read = set(re.findall(rf"{reads}\(\s*['\"]([A-Z_]+)['\"]", code))
    settings, _, _ = _doc("operations.md").partition("\n## Health\n")
    table = set(re.findall(r"^\| `([A-Z_]+)`", settings, re.M))

    assert read
    wrong = (read | OF_THE_METRICS) ^ table
    assert not wrong, f"correct the table “Settings” in docs/operations.md: {wrong}"


def test_every_metric_is_in_the_table():
    rows = re.findall(r"^\| `(bobbin_\w+)` \| (\w+) \| ([\w`, ]*) \|", _doc("operations.md"), re.M)
    table = {name: (kind, tuple(re.findall(r"\w+", labels))) for name, kind, labels in rows}

    assert table == catalog(), "correct the table “Metrics” in docs/operations.md"


def test_every_budget_is_in_the_table():
    rows = re.findall(r"^\| (`[\w:`, ]+`) \| (\d+) \|", _doc("architecture.md"), re.M)
    table = {name: int(budget) for names, budget in rows for name in re.findall(r"[\w:]+", names)}

    assert table == declared(), "correct the table of budgets in docs/architecture.md"


def test_functions_named_in_the_architecture_exist():
    named = set(re.findall(r"`(?:\w+\.)*(\w+)\(\)`", _doc("architecture.md")))
    code = "".join(path.read_text() for kind in ("py", "js") for path in WEB.rglob(f"*.{kind}"))
    defined = set(re.findall(r"\b(?:def|function|const) (\w+)\b", code))

    assert len(named) > 10
    assert not named - defined


def test_functions_are_in_the_files_that_the_architecture_names():
    scripts = WEB / "chats/static/chats"
    pairs = re.findall(r"`([\w/]+\.(?:py|js))`, `(\w+)\(\)`", re.sub(r"\s+", " ", _doc("architecture.md")))
    defined = r"\b(?:def|function) {}\b"

    assert len(pairs) > 15
    for file, function in pairs:
        path = (WEB if file.endswith(".py") else scripts) / file
        assert re.search(defined.format(function), path.read_text()), f"{file}: {function}"


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_recipes_name_existing_tests_and_files():
    text = _doc("recipes.md")
    tests = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    defined = {name for code in tests.values() for name in re.findall(r"def (test_\w+)", code)}
    files = re.findall(r"`([\w/]+/[\w.]+\.(?:py|yml|sql|md|js|html|env|toml))(?:::\w+)?`", text)
    folders = [ROOT / "tests", WEB, ROOT]

    named = set(re.findall(r"\btest_\w+\b(?!\.py)", text)) - {path.stem for path in tests}
    assert named
    assert not named - defined
    assert not [name for name in files if not any((folder / name).exists() for folder in folders)]


def test_lines_of_the_example_page_are_in_the_files_that_the_recipe_names():
    example = _doc("recipes.md").partition("```python\n# ")[2].partition("\n```")[0]

    assert example.count("\n# ") == 5
    for part in example.split("\n# "):
        heading, *lines = part.split("\n")
        code = (ROOT / heading.partition(",")[0]).read_text()
        missing = [line for line in lines if line.strip() != "..." and line not in code]
        assert not missing, f"correct docs/recipes.md: {heading}: {missing}"


def _doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_files_of_the_product_are_not_longer_than_style_md_says():
    paths = [path for kind in ("py", "js") for path in WEB.rglob(f"*.{kind}")]
    lengths = {
        str(path.relative_to(WEB)): len(path.read_text().splitlines())
        for path in paths
        if "migrations" not in path.parts
    }

    assert lengths.pop("config/settings.py") <= 250
    assert [name for name, length in lengths.items() if length > 200] == []
