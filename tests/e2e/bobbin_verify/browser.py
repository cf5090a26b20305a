"""A browser without a screen: it keeps cookies, fills in forms and says what it saw."""

import re
from functools import cached_property
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from bobbin_verify.markup import Element, parse

TIMEOUT_SECONDS = 30
LONGEST_SAYING = 300


class UnexpectedError(Exception):
    """The product did something else than the specification says."""


class Page:
    """An answer of the server."""

    def __init__(self, url: str, status: int, headers: Any, body: str):
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body
        # Absolute; empty when this is no redirect.
        self.location = urljoin(url, headers["Location"]) if headers["Location"] else ""

    @cached_property
    def document(self) -> Element:
        return parse(self.body)

    @property
    def title(self) -> str:
        return next((title.text for title in self.document.all("title")), "")

    def __str__(self) -> str:
        if self.location:
            return f"{self.status} to {self.location}"
        errors = [error.text for error in self.document.all(cls="errorlist")]
        return " ".join([str(self.status), repr(self.title), *errors])


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Where a page sends us is part of what we check, so we go there ourselves."""


class Browser:
    def __init__(self, base: str, name: str = "a visitor who is not logged in"):
        self.base = base
        self.name = name
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies), _NoRedirects)
        self._last = base

    def get(self, path: str, status: int = 200) -> Page:
        """The page at `path`, which must answer with `status`."""
        page = self.look(path)
        self.expect(page.status == status, f"status {status}", page)
        return page

    def submit(self, path: str, action: str = "", **fields: str) -> Page:
        """Fill in the form on the page at `path` that goes to `action` (or to the page itself), and send it.

        Returns the answer as it is, be it a redirect or the form again with what was wrong.
        """
        page = self.get(path)
        target = urljoin(page.url, action)
        for form in page.document.all("form"):
            inputs = [field.attributes for field in form.all("input", attribute="name")]
            hidden = {f["name"]: f.get("value", "") for f in inputs if f.get("type") == "hidden"}
            if (
                urljoin(page.url, form.attributes.get("action", "")) == target
                and "csrfmiddlewaretoken" in hidden
            ):
                return self.look(target, hidden | fields, referer=page.url)
        raise self.unexpected(f"a form that goes to {target}", "none")

    def post(self, path: str, **fields: str) -> Page:
        """Send fields straight to `path`, as somebody would who was never shown the form."""
        token = next(
            (cookie.value or "" for cookie in self._cookies if cookie.name.endswith("csrftoken")), ""
        )
        fields = {"csrfmiddlewaretoken": token} | fields
        return self.look(path, fields, referer=urljoin(self.base, path))

    def expect(self, fine: bool, wanted: str, saw: object) -> None:
        """Go on if `fine`; otherwise say what was wanted and seen, on the page that was asked for last."""
        if not fine:
            raise self.unexpected(wanted, saw)

    def expect_redirect(self, page: Page, to: str) -> int:
        """`page` leads to a path like `to`; return the number in it that `to` has in brackets, if any."""
        path = page.location.removeprefix(self.base)
        found = re.match(to, path) if page.status in {302, 303} else None
        if found is None:
            raise self.unexpected(f"a redirect to {to}", page)
        return int(found[1]) if found.re.groups else 0

    def unexpected(self, wanted: str, saw: object) -> UnexpectedError:
        said = str(saw)
        if len(said) > LONGEST_SAYING:
            said = f"{said[:LONGEST_SAYING]}…"
        return UnexpectedError(f"expected {wanted}, saw {said}, at {self._last} as {self.name}")

    def opened(self, url: str) -> Any:
        """An answer that is read while it comes; HTTPError, an OSError, when it is a refusal."""
        return self._opener.open(Request(url), timeout=TIMEOUT_SECONDS)

    def look(self, path: str, fields: dict[str, str] | None = None, referer: str = "") -> Page:
        """One request, whatever the answer: of `fields` when there are any, otherwise for the page."""
        url = urljoin(self.base, path)
        self._last = f"{'GET' if fields is None else 'POST'} {url}"
        data = None if fields is None else urlencode(fields).encode()
        # Over HTTPS Django refuses forms without a Referer.
        request = Request(url, data, {"Referer": referer} if referer else {})
        try:
            answer = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except HTTPError as error:
            answer = error  # Redirects and refusals are answers too.
        with answer:
            return Page(url, answer.status, answer.headers, answer.read().decode(errors="replace"))
