"""Random requests cause no server error.

The environment variable FUZZ_REQUESTS sets their number.
"""

import os
import random
import string
from collections import Counter
from urllib.parse import quote

import pytest
from django.test import Client

from messaging.models import Message

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "1000"))
BACKEND = "accounts.backends.ModelBackend"
ODD = [
    "",
    "\x00",
    "\x7f",
    "\ud800",
    "\u202e",
    "é",
    "İ",
    "\U0001d4b3",
    "👨‍👩‍👧",
    "'",
    '"',
    "<b>",
    "%",
    "%00",
    "%zz",
    "..",
    ".",
    "//",
    "\\",
    ";",
    "&",
    "=",
    "+",
    "\r\n",
    "\t",
    "-1",
    "0",
    "1e9",
    "99999999999999999999",
    "NaN",
    "null",
    "[]",
    "{}",
    "a" * 300,
    "(" * 300,
    "é" * 300,
    "*",
    ":*",
    "a & b | !c",
    "from:",
    "from:me",
    "to:\x00",
    "before:2026-02-30",
    "after:9999-12-31",
    "-",
    '"a',
    "or",
    "https://[",
    "https://" + ")" * 300,
]
CHARSETS = [
    "utf-8",
    "idna",
    "punycode",
    "undefined",
    "hex",
    "base64",
    "rot13",
    "zip",
    "uu",
    "quopri",
    "utf-16",
    "utf-7",
    "utf-8-sig",
    "latin-1",
    "unicode_escape",
    "mbcs",
    "made-up",
    "",
    "a" * 200,
    "\u00e9",
]
TYPES = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 300,
    "application/json",
    "text/plain",
    "",
]
FIELDS = [
    "content",
    "to",
    "client_id",
    "username",
    "password",
    "password1",
    "q",
    "next",
    "before",
    "from",
    "last",
    "csrfmiddlewaretoken",
    "thread",
    "_method",
    "action",
    "_selected_action",
]
HEADERS = [
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_RANGE",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_REFERER",
    "HTTP_ORIGIN",
    "HTTP_HX_REQUEST",
    "HTTP_USER_AGENT",
    "HTTP_X_REQUEST_ID",
    "HTTP_SEC_PURPOSE",
    "HTTP_AUTHORIZATION",
    "REMOTE_ADDR",
    "HTTP_X_CSRFTOKEN",
    "HTTP_ACCEPT_ENCODING",
]
UPLOAD = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\nb\r\n--x--\r\n'
METHODS = ["GET", "GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "TRACE", "", "A B"]


SECRET = "x" * 32
TOKEN = f"csrftoken={SECRET}"


class Fuzzer:
    """Make requests from a seed, so that a failure can be reproduced."""

    def __init__(self, seed: int, pages: list[str]) -> None:
        self.choose, self.pages = random.Random(seed), pages
        # Most addresses belong to the administration, which refuses other users at once.
        self.members_pages = [page for page in pages if not page.startswith("/admin/")]

    def text(self) -> str:
        parts = [self.choose.choice([*ODD, self.word()]) for _ in range(self.choose.randint(1, 3))]
        return "".join(parts)

    def word(self) -> str:
        return "".join(self.choose.choices(string.printable, k=self.choose.randint(0, 12)))

    def header(self) -> str:
        # A server refuses line breaks, NUL and invalid UTF-8 in headers.
        return self.text().encode(errors="replace").decode().translate({0: None, 10: None, 13: None})

    def path(self) -> str:
        page = self.choose.choice(self.members_pages if self.choose.random() < 0.7 else self.pages)
        if self.choose.random() < 0.3:
            segments = page.split("/")
            segments[self.choose.randrange(len(segments))] = quote(
                self.text(), safe="/%", errors="surrogatepass"
            )
            page = "/" + "/".join(segments).lstrip("/")
        return page

    def query(self) -> str:
        if self.choose.random() < 0.4:
            return self.choose.choice(["", "&&&=", "%", "a" * 5000, "%ff=%fe", "q=%00", "q=%ED%A0%80"])
        pairs = [(self.choose.choice(FIELDS), self.text()) for _ in range(self.choose.randint(0, 4))]
        return "&".join(f"{name}={quote(value, safe='%', errors='surrogatepass')}" for name, value in pairs)

    def body(self) -> bytes:
        return self.choose.choice(
            [
                self.form(),
                self.form(),
                self.form(),
                self.choose.randbytes(20),
                b"--x\r\n\r\n",
                b"",
                b"{" * 50,
                UPLOAD,
            ]
        )

    def form(self) -> bytes:
        return f"{self.query()}&csrfmiddlewaretoken={SECRET}".encode()

    def cookie(self, session: str) -> str:
        odd = [
            f'sessionid="{session}\\000"',
            "sessionid=" + "a" * 5000,
            'sessionid="\\000"',
            "sessionid=;",
            "=;=;",
            f"sessionid={session}; sessionid=x",
            "csrftoken=\\377",
            f"csrftoken={'x' * 32}",
            "messages=\\000",
            'messages="[[\\"__json_message\\""',
            "sessionid=\u00e9",
            "sessionid=../../etc",
            "a" * 3000,
        ]
        return self.choose.choice(odd) if self.choose.random() < 0.2 else f"sessionid={session}; {TOKEN}"

    def request(self, session: str) -> dict:
        charset = self.choose.choice(CHARSETS) if self.choose.random() < 0.2 else "utf-8"
        names = self.choose.sample(HEADERS, self.choose.choice([0, 0, 0, 1, 2]))
        headers = {name: self.header() for name in names}
        headers["HTTP_COOKIE"] = self.cookie(session)
        path, query = self.path(), self.query()
        return {
            "path": f"{path}?{query}",
            "method": self.choose.choice(METHODS),
            "body": self.body(),
            "CONTENT_TYPE": f"{self.choose.choice(TYPES[:1] * 9 + TYPES)}; charset={charset}",
            **headers,
        }


@pytest.mark.parametrize("part", range(4))
def test_made_up_requests_get_no_server_error(addresses, fetch, member, part):
    ann, ben = member("ann"), member("ben")
    message = Message.objects.create(sender=ann, receiver=ben, content="Good morning")
    keys = [str(message.pk)]
    names = {
        "username": ["ann"],
        "id": ["1"],
        "content_type_id": ["1"],
        "app_label": ["messaging"],
        "token": ["x-1"],
    }
    pages = [page for page in addresses({"pk": keys, "object_id": keys, **names}) if "logout" not in page]
    browser = Client()
    browser.force_login(ben, backend=BACKEND)
    session = browser.cookies["sessionid"].value
    seed = int(os.environ.get("FUZZ_SEED", "1")) * 4 + part
    fuzzer, answers, failed = Fuzzer(seed, pages), Counter(), []
    for number in range(REQUESTS // 4):
        made = fuzzer.request(session)
        status = fetch(**made)
        answers[status] += 1
        if status >= 500:
            failed.append(f"seed {seed}, request {number}: {status} for {made}")
    assert failed == []
    assert answers[200]  # At least one request reaches a page.
