"""The documents list exactly the receivers, settings, metrics and budgets of the code."""

import re
from pathlib import Path

from observability import metrics
from observability.budgets import declared

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services/web"
# The modules that read settings from the environment.
SOURCES = ("settings.py", "database.py", "environment.py")
# Variables of the metrics process, which does not read the Django settings.
OF_THE_METRICS = {"PROMETHEUS_MULTIPROC_DIR", "METRICS_BIND", "METRICS_PORT"}


def test_every_receiver_is_listed():
    apps = [path.parent for path in WEB.glob("*/apps.py")]
    code = "".join(path.read_text() for app in apps for path in app.rglob("*.py"))
    connected = set(re.findall(r'dispatch_uid="([\w.]+)"', code))
    names = "|".join(app.name for app in apps)
    listed = set(re.findall(rf"^\|[^|]*\|[^|]*\| `((?:{names})\.\w+)`", _doc("signals.md"), re.M))

    assert connected
    assert connected == listed


def test_every_setting_is_in_the_table():
    code = "".join((WEB / "config" / name).read_text() for name in SOURCES)
    reads = r"(?:environ\.get|choice|flag|hosts|number|origins|secret|text)"
    read = set(re.findall(rf"{reads}\(['\"]([A-Z_]+)['\"]", code))
    settings, _, _ = _doc("operations.md").partition("\n## Health\n")
    table = set(re.findall(r"^\| `([A-Z_]+)`", settings, re.M))

    assert read
    assert read | OF_THE_METRICS == table


def test_every_metric_is_in_the_table():
    rows = re.findall(r"^\| `(bobbin_\w+)` \| (\w+) \| ([\w`, ]*) \|", _doc("operations.md"), re.M)
    table = {name: (kind, tuple(re.findall(r"\w+", labels))) for name, kind, labels in rows}

    assert table == metrics.catalog()


def test_every_budget_is_in_the_table():
    rows = re.findall(r"^\| (`[\w:`, ]+`) \| (\d+) \|", _doc("architecture.md"), re.M)
    table = {name: int(budget) for names, budget in rows for name in re.findall(r"[\w:]+", names)}

    assert table == declared()


def test_links_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def _doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text()
