"""The table of doubtful cases names existing tests, and the decision records are complete."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = (ROOT / "docs/decisions/0025-doubtful-cases.md").read_text()


def test_every_case_has_a_decision_and_tests_that_exist():
    code = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    exist = set(re.findall(r"^def (test_\w+)\(", code, re.M))
    named = set(re.findall(r"`(test_\w+)`", RECORD))
    cases = RECORD.partition("## The cases")[2].partition("## Texts")[0]
    rows = [line for line in cases.splitlines() if line.startswith("| ")][2:]

    assert named - exist == set()
    assert len(rows) >= 13
    assert [row for row in rows if "`test_" not in row] == []


def test_records_are_numbered_once_and_have_a_status():
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    numbers = [record.name[:4] for record in records]

    assert len(numbers) == len(set(numbers))
    for record in records:
        text = record.read_text()
        assert text.startswith(f"# {int(record.name[:4])}. "), record.name
        assert int(record.name[:4]) < 12 or "\nStatus: " in text, record.name


def test_every_record_is_in_the_index_with_its_title():
    index = (ROOT / "docs/decisions/README.md").read_text()
    listed = re.findall(r"^\| \[(\d+)\]\((.*)\) \| (.*) \|$", index, re.M)
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    headings = [record.read_text().partition("\n")[0] for record in records]

    assert [f"# {number}. {title}" for number, _, title in listed] == headings
    assert [file for _, file, _ in listed] == [record.name for record in records]
