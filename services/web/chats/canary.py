"""The canary: asks pages over HTTP as synthetic members, and tells when one is somebody else's, or stale.

Over HTTP, since then a proxy that keeps pages is checked with them, and the process that answers is the one
that serves people. Two pairs of members: whoever writes to you stands on your pages by right, so a leak shows
only between members who have nothing to do with each other.
"""

import http.client
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError
from django.dispatch import Signal
from django.middleware import csrf
from django.urls import reverse
from django.utils.crypto import get_random_string

from chats.canary_members import Browser, CannotCheckError, Scene, alone, scene
from chats.canary_site import TOKEN, Answer, Page, Site, pages
from observability import metrics

FINE, FAULTY, UNKNOWN = 0, 1, 2

# Sent after each round. Sender: Report. Arguments: report.
checked = Signal()


@dataclass
class Report:
    """What a round found. It names canaries only, and says nothing that stands on a page."""

    faults: list[str] = field(default_factory=list)  # A page is somebody else's, or stale.
    doubts: list[str] = field(default_factory=list)  # Something could not be checked.
    pages: int = 0
    answers: int = 0
    seconds: float = 0.0

    @property
    def outcome(self) -> int:
        return FAULTY if self.faults else UNKNOWN if self.doubts else FINE

    def lines(self) -> list[str]:
        how = f"{self.pages} pages, {self.answers} answers, {self.seconds:.1f} s"
        if self.outcome == FINE:
            cached = "" if settings.CACHE_PAGES else ", page caching is off (CACHE_PAGES)"
            return [f"Every page was its owner's, and none was stale ({how}{cached})."]
        return [*(f"FAULT {text}" for text in self.faults), *(f"UNCHECKED {text}" for text in self.doubts)]


def check(url: str, host: str | None = None) -> Report:
    """One round: look, write, look, read, look. What goes wrong stands in the report."""
    report, began = Report(), time.monotonic()
    try:
        site = Site(url, host)
        with ExitStack() as ending:
            ending.enter_context(alone())
            Round(site, ending.enter_context(scene()), report).run()
    except CannotCheckError as error:
        report.doubts.append(str(error))
    except (OSError, http.client.HTTPException) as error:
        report.doubts.append(f"{url} does not answer: {error or type(error).__name__}")
    except DatabaseError as error:
        report.doubts.append(f"PostgreSQL: {str(error).strip().partition(chr(10))[0]}")
    report.seconds = time.monotonic() - began
    _count(report)
    checked.send(sender=Report, report=report)
    return report


@metrics.harmless
def _count(report: Report) -> None:
    metrics.CANARY_ROUNDS.labels(metrics.ROUNDS[report.outcome]).inc()
    metrics.ISOLATION_FAULTS.inc(len(report.faults))


class Round:
    def __init__(self, site: Site, scene: Scene, report: Report) -> None:
        self.site, self.scene, self.report = site, scene, report

    def run(self) -> None:
        first, second = self.scene.browsers, self.scene.other_browsers
        self.expect_that_they_are_logged_in()
        every = list(pages())
        cached = [page for page in every if page.is_cached]
        self.report.pages = len(every)
        if not cached:
            raise CannotCheckError("no page is cached by private_cache_page")
        others = [page for page in every if not page.is_cached]
        for page in others:
            self.look_as_two(page, [first[0], first[2]], "at first")
        for page in cached:
            self.look(page, first, second, "at first")
        self.write()
        for page in others:
            self.look_as_two(page, [first[2], first[0]], "after a reply")
        shown = [self.look(page, first[::-1], second[::-1], "after a reply") for page in cached]
        # Otherwise there was nothing that could have been stale.
        if not all(any(text in seen for seen in shown) for text in self.scene.replies):
            self.doubt("no cached page shows what the canaries write")
        self.read()
        for page in cached:
            self.look(page, first, second, "after reading")

    def expect_that_they_are_logged_in(self) -> None:
        page = Page("accounts:account", reverse("accounts:account"), is_cached=False)
        for browser in self.scene.browsers[::2] + self.scene.browsers[1::2]:
            answer = self.truth(page, browser)
            # Should something keep even this, that is a fault, whatever else is wrong.
            self.find_foreign(page, browser, answer, "at first")
            if answer.status == 301:
                raise CannotCheckError(
                    f"{self.site.url} leads to {answer.location}: give the address that browsers use"
                )
            if answer.status == 400:
                raise CannotCheckError(
                    f"{self.site.url} refuses its host name: see ALLOWED_HOSTS, and --host"
                )
            if answer.status != 200 or browser.name not in answer.body:
                raise CannotCheckError(
                    f"{self.site.url} does not know {browser.name} ({page} answered {answer.status}): "
                    "has it another database or SECRET_KEY than this command, or is the member not active?"
                )

    # --- What the canaries do -----------------------------------------------------------------------
    def write(self) -> None:
        """The second of each pair answers the first, by the form that people use."""
        for (root, text), browser in zip(self.scene.to_write(), self.scene.browsers[1::2], strict=True):
            answer = self.site.ask(reverse("chats:reply", args=[root]), browser, {"content": text})
            if answer.status != 302:
                raise CannotCheckError(f"a reply of {browser.name} was answered with {answer.status}")

    def read(self) -> None:
        """The first of each pair marks the notification of the answer as read."""
        for browser in self.scene.browsers[::2]:
            answer = self.site.ask(reverse("chats:notifications_read_all"), browser, {})
            if answer.status != 302:
                raise CannotCheckError(f"marking as read by {browser.name} was answered with {answer.status}")

    # --- What they look at --------------------------------------------------------------------------
    def look_as_two(self, page: Page, browsers: list[Browser], when: str) -> None:
        """At a page that no cache should keep."""
        for browser in browsers:
            answer = self.ask(page.path, browser)
            self.find_foreign(page, browser, answer, when)
            if answer.status == 200:
                self.find_what_others_may_keep(page, browser, answer)
                self.compare(page, browser, answer, self.truth(page, browser), when)
        self.find_foreign(page, None, self.ask(page.path, None), when)

    def look(self, page: Page, first: list[Browser], second: list[Browser], when: str) -> Counter[str]:
        """Ask as everybody, then again from other browsers; return what all should have seen, counted."""
        self.visit(page, when)
        truths = {}
        for browser in first:
            answer = self.ask_for_own(page, browser, when)
            truths[browser.name] = self.truth(page, browser)
            self.compare(page, browser, answer, truths[browser.name], when)
        self.visit(page, when)
        for browser in second:
            answer = self.ask_for_own(page, browser, f"{when}, again")
            self.compare(page, browser, answer, truths[browser.name], f"{when}, again")
            if answer.status == 200 and not answer.is_hit and settings.CACHE_PAGES:
                self.doubt(
                    f"{page} did not come from the cache: is Redis there, and is CACHE_PAGES the same?"
                )
        self.visit(page, when)
        return sum((self.count(truth) for truth in truths.values()), Counter())

    def truth(self, page: Page, browser: Browser) -> Answer:
        """Under an address that nobody has asked for: it cannot come from a cache."""
        return self.ask(f"{page.path}?canary={get_random_string(12)}", browser)

    def visit(self, page: Page, when: str) -> None:
        answer = self.ask(page.path, None)
        self.find_foreign(page, None, answer, when)
        if answer.status == 200:
            self.fault(page, None, when, "is shown")
        elif answer.status != 302 or not answer.location.startswith(reverse(settings.LOGIN_URL)):
            self.doubt(f"{page} answered a visitor with {answer.status}")

    def ask_for_own(self, page: Page, browser: Browser, when: str) -> Answer:
        answer = self.ask(page.path, browser)
        self.find_foreign(page, browser, answer, when)
        if 300 <= answer.status < 400:
            self.fault(page, browser, when, "answers as to somebody who is not logged in")
        elif answer.status != 200:
            self.doubt(f"{page} answered {browser.name} with {answer.status}")
        else:
            if browser.name not in answer.body:
                self.fault(page, browser, when, "does not name its owner")
            self.find_what_others_may_keep(page, browser, answer)
        return answer

    def find_foreign(self, page: Page, browser: Browser | None, answer: Answer, when: str) -> None:
        for marker, what in self.scene.foreign_to(browser).items():
            if marker in answer.body or marker in answer.cookies:
                self.fault(page, browser, when, f"shows {what}")
        if browser and not all(_belongs_to(browser, token) for token in TOKEN.findall(answer.body)):
            self.fault(page, browser, when, "has a form with a token that is not this browser's")

    def find_what_others_may_keep(self, page: Page, browser: Browser, answer: Answer) -> None:
        said = answer.cache_control
        if "private" not in said or said & {"public", "s-maxage"} or not said & {"no-cache", "no-store"}:
            self.fault(page, browser, "", f"may be kept by others: Cache-Control: {', '.join(sorted(said))}")
        if "cookie" not in answer.vary:
            self.fault(page, browser, "", "does not vary by Cookie")

    def compare(self, page: Page, browser: Browser, answer: Answer, truth: Answer, when: str) -> None:
        # Counted, not letter by letter: while a release is rolled out, two templates answer.
        if answer.status == truth.status == 200 and self.count(answer) != self.count(truth):
            self.fault(page, browser, when, "is stale")

    def count(self, answer: Answer) -> Counter[str]:
        return Counter({text: answer.body.count(text) for text in self.scene.marks if text in answer.body})

    # --- What they found ----------------------------------------------------------------------------
    def ask(self, path: str, browser: Browser | None) -> Answer:
        answer = self.site.ask(path, browser)
        self.report.answers += 1
        if answer.status >= 500 or answer.status == 429:
            raise CannotCheckError(f"{self.site.url}{path.partition('?')[0]} answered {answer.status}")
        return answer

    def fault(self, page: Page, browser: Browser | None, when: str, what: str) -> None:
        asked = f"asked as {browser.name}" if browser else "asked without log-in"
        self.note(
            self.report.faults, ", ".join(part for part in (str(page), asked, when) if part) + f": {what}"
        )

    def doubt(self, text: str) -> None:
        self.note(self.report.doubts, text)

    @staticmethod
    def note(notes: list[str], text: str) -> None:
        if text not in notes:
            notes.append(text)


def _belongs_to(browser: Browser, token: str) -> bool:
    # What Django does with a token that comes back with its form; it has no public name.
    try:
        csrf._check_token_format(token)  # type: ignore[attr-defined]
    except csrf.InvalidTokenFormat:
        return False
    return csrf._does_token_match(token, browser.secret)  # type: ignore[attr-defined]
