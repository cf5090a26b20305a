"""A browser without a screen: it keeps cookies, submits forms and describes unexpected pages."""

import re
from functools import cached_property
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode, urljoin
from urllib.request import Request

from tests.support.http_client.connection import Connection
from tests.support.http_client.markup import Element, parse

LONGEST_SAYING = 300


class UnexpectedError(Exception):
    """The site did not behave as the specification says."""


class Page:
    """A response of the server."""

    def __init__(self, url: str, status: int, headers: Any, body: str):
        self.url = url
        self.status = status
        self.headers = headers
        self.body = body
        # Absolute URL of the redirect; empty for other responses.
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


class Browser:
    def __init__(self, base: str, name: str = "a visitor who is not logged in"):
        self.base = base
        self.name = name
        self._cookies = CookieJar()
        self._last = base

    def get(self, path: str, status: int = 200) -> Page:
        """Return the page at `path`, which must have this `status`."""
        page = self.request(path)
        self.expect(page.status == status, f"status {status}", page)
        return page

    def submit(self, path: str, action: str = "", **fields: str) -> Page:
        """Fill in and send the form on the page at `path` whose target is `action` (by default the page).

        Return the response, which is a redirect or the form with its errors.
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
                return self.request(target, hidden | fields, referer=page.url)
        raise self.unexpected(f"a form that goes to {target}", "none")

    def post(self, path: str, **fields: str) -> Page:
        """Send fields to `path` without loading the form first."""
        token = next(
            (cookie.value or "" for cookie in self._cookies if cookie.name.endswith("csrftoken")), ""
        )
        fields = {"csrfmiddlewaretoken": token} | fields
        return self.request(path, fields, referer=urljoin(self.base, path))

    def expect(self, fine: bool, wanted: str, saw: object) -> None:
        """Raise UnexpectedError with both values and the last request, unless `fine`."""
        if not fine:
            raise self.unexpected(wanted, saw)

    def expect_redirect(self, page: Page, to: str) -> int:
        """Check that `page` redirects to a path that matches `to`; return the number of its group, or 0."""
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

    @property
    def cookie(self) -> str:
        """The `Cookie` header of this browser, for a request to another port."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)

    def request(self, path: str, fields: dict[str, str] | None = None, referer: str = "") -> Page:
        """Send one request, a POST if there are `fields` and else a GET; return the page of any status."""
        url = urljoin(self.base, path)
        method = "GET" if fields is None else "POST"
        self._last = f"{method} {url}"
        # Over HTTPS Django rejects forms without a Referer.
        request = Request(url, headers={"Referer": referer} if referer else {}, method=method)
        self._cookies.add_cookie_header(request)
        headers = dict(request.header_items())
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        # A new connection for each request, which may reach another worker than the one before.
        with Connection(url) as connection:
            response = connection.open(
                method, request.selector, headers, None if fields is None else urlencode(fields)
            )
            self._cookies.extract_cookies(response, request)
            body = response.read().decode(errors="replace")
        return Page(url, response.status, response.headers, body)
