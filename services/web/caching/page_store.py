"""The shape of stored pages, their keys, and the placeholders that each response replaces."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.http import quote_etag

from caching.backend import cache

VERSION = 5  # Raise it when the shape of a stored page changes.
# Placeholder for the CSRF token in cached HTML; replaced in every response. The texts of users cannot contain
# it, because they are escaped.
TOKEN = "<%token%>"  # noqa: S105
# Placeholder for the id of the message that the form of the page will send: another one in every response.
CLIENT_ID = "<%client_id%>"


class StoredPage(NamedTuple):
    """A page in the cache.

    `owner` is what else it depends on of its user (`owner_of`). `digest` is that of the body, or empty for a
    page without an ETag.
    """

    generation: str
    owner: list[str]
    headers: dict[str, str]
    digest: str
    body: bytes


def store_page(key: str, page: StoredPage, seconds: int) -> None:
    cache.set(key, list(page), seconds)


def stored_page(found: Any, generation: str | None) -> StoredPage | None:
    """Return the page from its value in the cache, if its data has not changed since.

    A value of another shape is no page.
    """
    is_page = isinstance(found, list) and len(found) == len(StoredPage._fields)
    return StoredPage(*found) if is_page and generation and found[0] == generation else None


def etag_of(digest: str, secret: str) -> str:
    """Return the ETag of a page. `secret` is the CSRF secret of the browser, or "" for a page without forms.

    Django would reject the forms of a page with an earlier token.
    """
    return quote_etag(hashlib.sha256(f"{digest}{secret}".encode()).hexdigest()[:32])


def fill(body: bytes, token: str) -> bytes:
    """Replace the placeholders of a page that has forms."""
    return body.replace(TOKEN.encode(), token.encode()).replace(
        CLIENT_ID.encode(), str(uuid.uuid4()).encode()
    )


def page_key(user_id: int, varies: Iterable[str]) -> str:
    """Return the key of a page. After a change of the site's name, and so on, its old pages are not used."""
    digest = hashlib.sha256("\n".join(varies).encode(errors="backslashreplace")).hexdigest()
    return f"page:{VERSION}{settings.SITE.digest}:{user_id}:{digest}"
