"""The documents name what is in the code, and nothing that is not."""

import re
from pathlib import Path

from observability import metrics
from observability.budgets import declared

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services/web"
# Not Django's settings: the metrics process has no Django, and `make run` is not Bobbin.
OF_THE_METRICS = {"PROMETHEUS_MULTIPROC_DIR", "METRICS_BIND", "METRICS_PORT"}


def test_every_receiver_is_listed():
    code = "".join(path.read_text() for path in WEB.glob("*/receivers.py"))
    code += (WEB / "accounts/signals.py").read_text()
    connected = set(re.findall(r'dispatch_uid="([\w.]+)"', code))
    listed = set(re.findall(r"`((?:accounts|messaging|notifications|chats)\.\w+)`", _doc("signals.md")))

    assert connected
    assert connected == listed


def test_every_setting_is_in_the_table():
    code = (WEB / "config/settings.py").read_text()
    reads = r"(?:environ\.get|flag|hosts|number|origins|secret|text)"
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
