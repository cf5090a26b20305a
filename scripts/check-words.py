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
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Strings and comments of JavaScript. Template strings stay, since they contain expressions.
QUOTED = re.compile(r"//[^\n]*|/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)
NAMES = re.compile(r"[A-Za-z_$][\w$]*")
# In every other text: metrics, and settings, which have at least two parts.
METRICS_AND_SETTINGS = re.compile(r"\bbobbin_[a-z_]+|\b[A-Z]{2,}_[A-Z_]+\b")


def read_words(path: Path) -> tuple[dict[str, str], set[str]]:
    """Return the standard term for each private word, and the identifiers that are allowed."""
    terms, allowed = {}, set()
    for line in path.read_text().splitlines():
        word, _, term = line.partition("\t")
        if line.startswith("#") or not term:
            continue
        if word.startswith("="):
            allowed.add(word[1:])
        else:
            terms[word] = term
    return terms, allowed


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each identifier of a file."""
    text = path.read_text(encoding="utf-8", errors="ignore")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                yield token.start[0], token.string
        return
    is_script = path.suffix in {".js", ".mjs"}
    text = QUOTED.sub(lambda quoted: "\n" * quoted[0].count("\n"), text) if is_script else text
    for number, line in enumerate(text.splitlines(), start=1):
        for name in (NAMES if is_script else METRICS_AND_SETTINGS).findall(line):
            yield number, name


def main() -> int:
    terms, allowed = read_words(ROOT / "scripts/words.txt")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    suffixes = {".py", ".js", ".mjs", ".yml", ".yaml", ".json", ".sh", ".html"}
    is_bad = False
    for name in listed.splitlines():
        path = ROOT / name
        if path.suffix not in suffixes or "/migrations/" in name or not path.is_file():
            continue
        found = {
            (number, identifier, part.lower())
            for number, identifier in identifiers(path)
            for part in PARTS.findall(identifier)
            if part.lower() in terms and identifier not in allowed
        }
        for number, identifier, word in sorted(found):
            is_bad = True
            print(f"{name}:{number}: {identifier} contains “{word}”; use {terms[word]}.", file=sys.stderr)
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
