#!/usr/bin/env python3
"""Fail for an identifier, metric, setting or test name that contains a private word (scripts/words.txt)."""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / "services/web"
SCRIPTS = {".js", ".mjs"}
YAML = {".yml", ".yaml"}
TEXTS = {".json", ".sh", ".html", ".jinja", ".md", ".toml", ".conf", ".env", ".template", ".txt", ".sql"}
WITHOUT_SUFFIX = {"Makefile", "Dockerfile", ".env.example"}
# The changelog and the decisions describe former names. This list contains the words themselves.
LEFT_OUT = re.compile(
    r"^(CHANGELOG\.md|docs/decisions/|scripts/words\.txt|services/web/requirements/)|/migrations/"
)
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Strings and comments of JavaScript. Of template strings, only the expressions stay.
QUOTED = re.compile(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)
TEMPLATES = re.compile(r"`[^`]*`")
EXPRESSIONS = re.compile(r"\$\{([^}]*)\}|(\n)")
NAMES = re.compile(r"[A-Za-z_$][\w$]*")
# A string of the service that is one name: a label value or a key.
ONE_NAME = re.compile(r"[\"'][A-Za-z]+(?:_[A-Za-z]+)*[\"']")
KEYS_OF_YAML = re.compile(r"^[ -]*([\w-]+):(?= |$)")
# In every other text: metrics, test names, and settings, which have at least two parts.
IN_TEXT = re.compile(r"\bbobbin_[a-z_]+|\btest_[a-z0-9_]+|\b[A-Z]{2,}_[A-Z_]+\b")


def parts_of(name: str) -> tuple[str, ...]:
    return tuple(part.lower() for part in PARTS.findall(name))


def read_words(path: Path) -> tuple[dict[tuple[str, ...], str], dict[str, tuple[str, ...]]]:
    """Return the standard term for each private word, and the allowed names with their parts."""
    terms, allowed = {}, {}
    for line in path.read_text().splitlines():
        word, _, term = line.partition("\t")
        if line.startswith("#") or not term:
            continue
        if word.startswith("="):
            allowed[word[1:]] = parts_of(word)
        else:
            terms[parts_of(word)] = term
    return terms, allowed


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each identifier of a file."""
    text = path.read_text(encoding="utf-8", errors="ignore")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            is_value = (
                token.type == tokenize.STRING and SERVICE in path.parents and ONE_NAME.fullmatch(token.string)
            )
            if token.type == tokenize.NAME or is_value:
                yield token.start[0], token.string.strip("\"'")
        return
    is_script = path.suffix in SCRIPTS
    if is_script:
        text = TEMPLATES.sub(lambda found: " ".join(map("".join, EXPRESSIONS.findall(found[0]))), text)
        text = QUOTED.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(text.splitlines(), start=1):
        for name in (NAMES if is_script else IN_TEXT).findall(line):
            yield number, name
        for name in KEYS_OF_YAML.findall(line) if path.suffix in YAML else []:
            yield number, name


def without(parts: tuple[str, ...], allowed: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the parts with a gap in place of each allowed name that has several parts."""
    for name in allowed.values():
        for at in range(len(parts) - len(name) + 1):
            if len(name) > 1 and parts[at : at + len(name)] == name:
                parts = (*parts[:at], *[""] * len(name), *parts[at + len(name) :])
    return parts


def private_words(name: str, terms: dict, allowed: dict[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the private words that a name contains as parts."""
    parts = () if name in allowed else without(parts_of(name), allowed)
    runs = [parts[at : at + length] for length in (1, 2, 3) for at in range(len(parts) - length + 1)]
    return [run for run in runs if run in terms]


def is_checked(name: str) -> bool:
    path = Path(name)
    known = path.suffix in {".py"} | SCRIPTS | YAML | TEXTS or path.name in WITHOUT_SUFFIX
    return known and not LEFT_OUT.search(name) and (ROOT / name).is_file()


def main() -> int:
    terms, allowed = read_words(ROOT / "scripts/words.txt")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    is_bad = False
    for name in filter(is_checked, listed.splitlines()):
        stem = Path(name).name.partition(".")[0]
        for number, identifier in sorted({(0, stem), *identifiers(ROOT / name)}):
            for word in private_words(identifier, terms, allowed):
                is_bad = True
                print(
                    f"{name}:{number}: {identifier} contains “{'_'.join(word)}”; use {terms[word]}.",
                    file=sys.stderr,
                )
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
