"""scripts/check-words.py finds each private word in each kind of name."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("check_words", ROOT / "scripts/check-words.py")
check_words = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(check_words)
TERMS, ALLOWED = check_words.read_words(ROOT / "scripts/words.txt")
# A file of each kind, and a text with a name.
KINDS = {
    "test.py": "def test_{word}_is_found(): ...",
    "class.py": "class A{Word}Class: ...",
    "argument.py": "print(the_{word}=1)",
    "script.js": "const value = `${{get{Word}(1)}}`;",
    "compose.yml": "networks:\n  the_{word}:\n    internal: true",
    "metrics.md": "| `bobbin_{word}_total` | counter |",
    "tests.md": "`test_{word}_is_found`",
    "settings.sh": "export MOST_{WORD}=1",
}


def found(path) -> set:
    names = [name for _, name in check_words.identifiers(path)]
    return {word for name in names for word in check_words.private_words(name, TERMS, ALLOWED)}


@pytest.mark.parametrize("file", KINDS)
def test_each_private_word_is_found_in_each_kind_of_name(file, tmp_path):
    missed = []
    for parts in TERMS:
        text = KINDS[file].format(
            word="_".join(parts), Word="".join(map(str.title, parts)), WORD="_".join(parts).upper()
        )
        (tmp_path / file).write_text(text)
        if parts not in found(tmp_path / file):
            missed.append("_".join(parts))

    assert len(TERMS) > 50
    assert missed == []


def test_label_values_of_the_service_are_names(tmp_path, monkeypatch):
    monkeypatch.setattr(check_words, "SERVICE", tmp_path)
    (tmp_path / "metrics.py").write_text('RESULTS = ("opened", "nobody")\nTEXT = "nobody can write"')

    assert found(tmp_path / "metrics.py") == {("nobody",)}


@pytest.mark.parametrize("name", ["refuse_look_alike", "pg_replication_slots", "timestamp", "tell", "task"])
def test_allowed_and_longer_words_are_not_found(name):
    assert check_words.private_words(name, TERMS, ALLOWED) == []
