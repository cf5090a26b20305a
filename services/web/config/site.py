"""The settings for the look of the pages: name, logo, colors, a notice, and two links.

All of it is computed once for each process. The style sheet and the logo have the digest of their content in
their URL, like static files, so browsers keep them.
"""

import base64
import binascii
import re
from hashlib import sha256
from typing import NamedTuple

from config.colors import style_sheet
from config.environment import link, short_text, stop

FOLDER = "/static/site/"  # For nginx, the files below it are static files.
MOST_BYTES = 64 * 1024  # Of the logo. Linux limits a variable to 128 kB.
LOGO = re.compile(r"data:image/(png|webp|svg\+xml);base64,(\S+)")
BEGINNINGS = {"png": rb"\x89PNG\r\n\x1a\n", "webp": rb"RIFF....WEBP", "svg+xml": rb"[^\x00]*?<svg[\s>]"}
# A browser can open the logo as a page. It must not run scripts of an SVG then.
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


class Site(NamedTuple):
    name: str = "Bobbin"
    notice: str = ""
    imprint: str = ""
    contact: str = ""
    style_url: str = ""
    logo_url: str = ""
    digest: str = ""  # Part of the keys of cached pages. It is empty while no setting is set.
    files: dict[str, tuple[bytes, dict[str, str]]] = {}  # Body and headers by path. Never changed.


def site_settings() -> Site:
    """Return the site as the environment describes it."""
    site = Site(
        name=short_text("SITE_NAME", Site().name, 40),
        notice=short_text("SITE_NOTICE", "", 200),
        imprint=link("SITE_IMPRINT"),
        contact=link("SITE_CONTACT", or_address=True),
    )
    files = {}
    style_url = logo_url = ""
    if style := style_sheet():
        style_url = _path("style", style.encode(), "css")
        files[style_url] = style.encode(), headers("text/css; charset=utf-8")
    if logo := _logo():
        kind, body = logo
        logo_url = _path("logo", body, kind.partition("+")[0])
        files[logo_url] = body, headers(f"image/{kind}") | {"Content-Security-Policy": LOGO_POLICY}
    site = site._replace(style_url=style_url, logo_url=logo_url, files=files)
    return site if site == Site() else site._replace(digest=digest(repr(site[:6]).encode()))


def _logo() -> tuple[str, bytes] | None:
    """Return the kind and the content of the image in SITE_LOGO, or None if it is not set."""
    value = short_text("SITE_LOGO", "", 2 * MOST_BYTES)
    if not value:
        return None
    found = LOGO.fullmatch(value)
    try:
        body = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        body = b""
    if not found or not re.match(BEGINNINGS[found[1]], body, re.DOTALL):
        # Not `refuse`: the value may have many kilobytes.
        stop("SITE_LOGO must be a PNG, WebP or SVG image: data:image/png;base64, and the file in Base64.")
    if len(body) > MOST_BYTES:
        stop(f"SITE_LOGO has {len(body)} bytes; it can have {MOST_BYTES}.")
    return found[1], body


def _path(name: str, body: bytes, suffix: str) -> str:
    return f"{FOLDER}{name}.{digest(body)}.{suffix}"


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]


def headers(content_type: str) -> dict[str, str]:
    return {"Content-Type": content_type, "Cache-Control": "max-age=315360000, public, immutable"}
