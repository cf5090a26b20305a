"""The pages of a site, and an HTTP client like a browser, without redirects, cookie storage or retries."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from observability.budgets import views
from probe.fixtures import Browser, InconclusiveError

SECONDS = 10.0  # Time-out of a request.
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]*)"')


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def cookies(self) -> str:
        return "\n".join(self.headers.get_all("Set-Cookie", []))

    def parts(self, name: str) -> set[str]:
        """Return the values of a header that is a list, in lower case."""
        said = ",".join(self.headers.get_all(name, []))
        return {part.strip().lower() for part in said.split(",") if part.strip()}


# No URL contains the name of a synthetic user. The view shares its code with chats:conversation_by_id.
UNREACHABLE = {"chats:conversation"}
# Pages of which scripts request a part, too.
PARTS = {"chats:inbox": ["", "?part=rows"]}


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    is_cached: bool  # By private_cache_page.
    owners: frozenset[str] = (
        frozenset()
    )  # The users who may see it. Empty if each user has a page of its own.

    def __str__(self) -> str:
        return f"{self.name} ({self.path})"

    def is_for(self, user_name: str) -> bool:
        return not self.owners or user_name in self.owners


def pages(shared: dict[str, dict[str, frozenset[str]]]) -> Iterator[Page]:
    """Yield every page whose URL has no arguments, since a page that is cached by mistake has no mark.

    `shared` has the URLs and the owners of the other pages, by the name of the view.
    """
    for name, view in views():
        is_cached = hasattr(view, "may_use_cache")
        if name.startswith("admin:") or name in UNREACHABLE:
            continue
        if name in shared:
            for path, owners in shared[name].items():
                yield Page(name, path, is_cached, owners)
            continue
        try:
            yield from (Page(name, reverse(name) + part, is_cached) for part in PARTS.get(name, [""]))
        except NoReverseMatch:
            if is_cached:
                raise InconclusiveError(
                    f"{name} is cached, and the privacy probe does not know the arguments of its URL"
                ) from None


class Site:
    """An HTTP client of one site. `host` is its host name where `url` has another one, as in a cluster."""

    def __init__(self, url: str, host: str | None = None) -> None:
        parts = urlsplit(url)
        try:
            self.name, self.port = parts.hostname, parts.port
        except ValueError:
            self.name = None
        if parts.scheme not in {"http", "https"} or not self.name:
            raise InconclusiveError(f"{url} is no address such as https://messages.example.org")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.host = host or parts.netloc.rpartition("@")[2]
        self.is_encrypted = parts.scheme == "https"

    def request(self, path: str, browser: Browser | None, form: dict[str, str] | None = None) -> Answer:
        """Send a GET, or a POST with `form`. Raise OSError or HTTPException if there is no response."""
        headers = {"Host": self.host, "User-Agent": "bobbin-privacy-probe"}
        scheme = "https" if self.is_encrypted else "http"
        if settings.SECURE_SSL_REDIRECT and not self.is_encrypted:
            # TLS ends at a proxy, which this request bypasses: send the header of the proxy.
            headers["X-Forwarded-Proto"] = scheme = "https"
        if browser:
            headers["Cookie"] = (
                f"{settings.SESSION_COOKIE_NAME}={browser.session_key}; "
                f"{settings.CSRF_COOKIE_NAME}={browser.secret}; "
                "script=yes"  # As in a browser with JavaScript: pages of messages are cached only there.
            )
        if form is not None and browser:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"{scheme}://{self.host}",
                "X-CSRFToken": browser.secret,
            }
        # A new connection for each request, so that a load balancer can choose another server.
        kind = http.client.HTTPSConnection if self.is_encrypted else http.client.HTTPConnection
        with closing(kind(self.name or "", self.port, timeout=SECONDS)) as connection:
            body = None if form is None else urlencode(form)
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode(errors="replace"))
