"""The error pages that nginx serves itself, in each language, from services/nginx/pages."""

import io
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

NGINX = Path(__file__).parent.parent / "services" / "nginx"
CODES = ["404", "405", "413", "429", "502", "503"]


def rendered(language: str, catalog: bytes) -> Iterator[tuple[Path, bytes]]:
    """Yield the path and the content of each page of a language, whose compiled catalog is `catalog`."""
    environment = Environment(
        loader=FileSystemLoader(NGINX / "pages"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.install_gettext_translations(GNUTranslations(io.BytesIO(catalog)), newstyle=True)
    template = environment.get_template("error.html")
    direction = Locale(language).text_direction
    for code in CODES:
        page = template.render(code=code, language=language, direction=direction)
        yield NGINX / "errors" / language / f"{code}.html", page.encode()
