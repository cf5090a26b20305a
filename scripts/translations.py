"""Texts of the pages and their translations, in services/web/locale and services/nginx/locale.

    python -m scripts.translations update   # Take new texts from the code into the catalogs; compile them.
    python -m scripts.translations check    # Fail for a text that is not translated, in any language.

The catalog `django` has the texts of templates and of Python, `djangojs` those of scripts, `nginx` those of
the error pages of nginx, which this script renders. A text that is not marked with gettext is in no catalog:
`check` looks for those in templates, and a test shows all pages in a language in which every marked text is
changed (tests/integration/chats/test_untranslated_texts.py).
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from jinja2 import Environment

from scripts import error_pages

ROOT = Path(__file__).parent.parent
WEB = ROOT / "services" / "web"
LANGUAGES = ["ar", "de", "es", "fr"]
APPS = ["accounts", "chats", "config", "messaging", "notifications"]
OPTIONS: dict[str, Any] = {"**.html": {"newstyle_gettext": "true", "trimmed": "true"}}
DOMAINS = {
    "django": [("**/templates/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")],
    "djangojs": [("**.js", "javascript")],
    "nginx": [("**.html", "jinja2.ext:babel_extract")],
}
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
# Times and versions in a catalog, which would change with every update.
CHANGING = re.compile(r'"(POT?-|Generated|Project-|Report-|Last-|Language-T)')
# Attributes whose values people read.
READ = {"alt", "aria-label", "placeholder", "title"}
# Texts that are the same in all languages.
SAME = {"Bobbin", "UTC", "data-session-ended"}


def sources(domain: str) -> list[Path]:
    """Return the folders with the texts of a domain."""
    return [error_pages.NGINX / "pages"] if domain == "nginx" else [WEB / app for app in APPS]


def extracted(domain: str) -> Catalog:
    """Return the texts of a domain, as they are in the code."""
    catalog = Catalog(charset="utf-8")
    for folder in sources(domain):
        found = extract_from_dir(folder, DOMAINS[domain], OPTIONS, KEYWORDS, comment_tags=("Translators:",))
        for name, _, text, comments, context in found:
            catalog.add(text, None, [(f"{folder.name}/{name}", 0)], auto_comments=comments, context=context)
    return catalog


def po_path(language: str, domain: str) -> Path:
    return sources(domain)[0].parent / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def read(language: str, domain: str) -> Catalog:
    path = po_path(language, domain)
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return pofile.read_po(file, locale=language, domain=domain)


def compiled(catalog: Catalog) -> bytes:
    # Otherwise the bytes contain the present time.
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    out = io.BytesIO()
    mofile.write_mo(out, catalog)
    return out.getvalue()


def made(domain: str) -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of each file that is made from the catalogs of a domain."""
    for language in ["en", *LANGUAGES] if domain == "nginx" else LANGUAGES:
        content = compiled(read(language, domain))
        if domain == "nginx":
            yield from error_pages.rendered(language, content)
        else:
            yield po_path(language, domain).with_suffix(".mo"), content


def update() -> None:
    for domain in DOMAINS:
        template = extracted(domain)
        for language in LANGUAGES:
            catalog = read(language, domain)
            catalog.update(template, no_fuzzy_matching=True)
            catalog.obsolete.clear()
            catalog.header_comment, catalog.fuzzy = "", False
            path = po_path(language, domain)
            path.parent.mkdir(parents=True, exist_ok=True)
            out = io.BytesIO()
            pofile.write_po(
                out, catalog, width=120, sort_output=True, omit_header=False, include_lineno=False
            )
            lines = out.getvalue().decode().splitlines()
            path.write_text("\n".join(line for line in lines if not CHANGING.match(line)).strip() + "\n")
        for path, content in made(domain):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def problems_of(language: str, domain: str, template: Catalog) -> Iterator[str]:
    where, catalog = po_path(language, domain).relative_to(ROOT), read(language, domain)
    known = {message.id for message in catalog if message.id}
    wanted = {message.id for message in template if message.id}
    for text in sorted(map(str, wanted ^ known)):
        yield f"{where}: {'missing or no longer in the code'}: {text}"
    for message in catalog:
        if not message.id:
            continue
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        if message.fuzzy or not all(strings):
            yield f"{where}: not translated: {message.id}"
        yield from (f"{where}: {message.id}: {error}" for error in message.check(catalog))
        first = message.id if isinstance(message.id, str) else message.id[0]
        if any(_markup(text) != _markup(first) for text in strings if text):
            yield f"{where}: {message.id}: other tags, or a straight quotation mark"


def _markup(text: str) -> tuple[list[str], bool]:
    """Return the tags of a text, and whether it has a straight quotation mark: pages do not escape texts."""
    return sorted(re.findall(r"<[^>]*>?", text)), '"' in re.sub(r"<[^>]*>", "", text)


class UnmarkedTexts(HTMLParser):
    """Finds texts with letters in the HTML of a template whose Jinja2 parts were removed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def add(self, text: str | None) -> None:
        text = (text or "").strip()
        if re.search(r"[^\W\d_]{2}", text) and text not in SAME:
            self.found.append(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name in READ:
                self.add(value)

    def handle_data(self, data: str) -> None:
        self.add(data)


def html_of(source: str) -> str:
    """Return the HTML of a template, without the parts of Jinja2 and without what is marked."""
    html, marked, statement = [], False, ""
    lexer = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701  # It renders nothing.
    for _, kind, value in lexer.lex(source):
        if kind == "block_begin":
            statement = ""
        elif kind == "block_end":
            marked = (marked or statement.startswith("trans")) and not statement.startswith("endtrans")
        elif kind == "data" and not marked:
            html.append(value)
        elif kind not in {"whitespace", "variable_begin", "variable_end"}:
            statement += value
    return "".join(html)


def unmarked(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        parser = UnmarkedTexts()
        parser.feed(html_of(path.read_text()))
        yield from (f"{path.relative_to(ROOT)}: not marked: {text}" for text in parser.found)


def check() -> int:
    templates = [path for app in APPS for path in sorted((WEB / app).glob("jinja2/**/*.html"))]
    problems = list(unmarked([*templates, error_pages.NGINX / "pages/error.html"]))
    for domain in DOMAINS:
        template = extracted(domain)
        for language in LANGUAGES:
            problems += problems_of(language, domain, template)
        for path, content in made(domain):
            if not path.exists() or path.read_bytes() != content:
                problems.append(f"{path.relative_to(ROOT)}: not made from its catalog")
    print("\n".join(problems))
    if problems:
        print(f"{len(problems)} problems. Mark texts with gettext, run `make translations`, and translate.")
    return bool(problems)


if __name__ == "__main__":
    sys.exit({"update": update, "check": check}[sys.argv[1]]())
