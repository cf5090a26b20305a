"""One run of the privacy probe: read the pages, send replies, read again, mark as read, read again."""

from collections import Counter

from django.conf import settings
from django.middleware import csrf
from django.urls import reverse
from django.utils.crypto import get_random_string

from probe.fixtures import Browser, Fixture, InconclusiveError
from probe.report import Report
from probe.site import TOKEN, Answer, Page, Site, pages

NEW = "is-new"  # The class of a message that the user has not read.


class Run:
    def __init__(self, site: Site, fixture: Fixture, report: Report) -> None:
        self.site, self.fixture, self.report = site, fixture, report

    def run(self) -> None:
        first, second = self.fixture.browsers, self.fixture.other_browsers
        self.expect_logged_in()
        every = list(pages(self.fixture.shared_pages))
        cached = [page for page in every if page.is_cached]
        others = [page for page in every if not page.is_cached]
        self.report.pages = len(every)
        for page in others:
            self.check_as_two(page, [first[0], first[2]], "at first")
        for page in cached:
            self.check_page(page, first, second, "at first")
        self.write()
        for page in others:
            self.check_as_two(page, [first[2], first[0]], "after a reply")
        shown = [self.check_page(page, first[::-1], second[::-1], "after a reply") for page in cached]
        # Otherwise no page could have been stale, and the run proves nothing.
        if not all(any(text in seen for seen in shown) for text in self.fixture.replies):
            self.add_inconclusive("no cached page shows what the canaries write")
        self.read()
        for page in cached:
            self.check_page(page, first, second, "after reading")

    def expect_logged_in(self) -> None:
        page = Page("accounts:account", reverse("accounts:account"), is_cached=False)
        for browser in self.fixture.browsers[::2] + self.fixture.browsers[1::2]:
            answer = self.fetch_uncached(page, browser)
            # Check this first: a cache that stores even this response is a violation, whatever else is wrong.
            self.find_foreign_data(page, browser, answer, "at first")
            if answer.status == 301:
                raise InconclusiveError(
                    f"{self.site.url} leads to {answer.location}: give the address that browsers use"
                )
            if answer.status == 400:
                raise InconclusiveError(
                    f"{self.site.url} refuses its host name: see ALLOWED_HOSTS, and --host"
                )
            if answer.status != 200 or browser.name not in answer.body:
                raise InconclusiveError(
                    f"{self.site.url} does not know {browser.name} ({page} answered {answer.status}): "
                    "has it another database or SECRET_KEY than this command, or is the member not active?"
                )

    # --- Actions of the synthetic users -------------------------------------------------------------
    def write(self) -> None:
        """Send a reply from the second user of each pair to the first, by the form of the page."""
        fixture = self.fixture
        for root, text, browser in zip(fixture.roots, fixture.replies, fixture.browsers[1::2], strict=True):
            path = reverse("chats:reply", args=[root.pk])
            self.send(path, browser, {"content": text}, f"a reply of {browser.name}")

    def read(self) -> None:
        """Mark the notification of the reply as read, by the first user of each pair."""
        for browser in self.fixture.browsers[::2]:
            self.send(reverse("notifications:read_all"), browser, {}, f"marking as read by {browser.name}")

    def send(self, path: str, browser: Browser, form: dict[str, str], what: str) -> None:
        answer = self.site.request(path, browser, form)
        if answer.status != 302:
            raise InconclusiveError(f"{what} was answered with {answer.status}")

    # --- Checks -------------------------------------------------------------------------------------
    def check_as_two(self, page: Page, browsers: list[Browser], when: str) -> None:
        """Check a page that no cache should store."""
        for browser in browsers:
            answer = self.fetch(page.path, browser)
            self.find_foreign_data(page, browser, answer, when)
            if answer.status == 200:
                self.find_shared_caching(page, browser, answer)
                self.compare(page, browser, answer, self.fetch_uncached(page, browser), when)
        self.find_foreign_data(page, None, self.fetch(page.path, None), when)

    def check_page(self, page: Page, first: list[Browser], second: list[Browser], when: str) -> Counter[str]:
        """Fetch a cached page as all users, then from their other browsers.

        Returns the expected number of occurrences of each marker, summed over all users.
        """
        self.check_anonymous(page, when)
        expected = {}
        for browser in first:
            if not page.is_for(browser.name):
                self.check_stranger(page, browser, when)
                continue
            answer = self.fetch_own(page, browser, when)
            expected[browser.name] = self.fetch_uncached(page, browser)
            self.compare(page, browser, answer, expected[browser.name], when)
        self.check_anonymous(page, when)
        for browser in filter(lambda one: page.is_for(one.name), second):
            answer = self.fetch_own(page, browser, f"{when}, again")
            self.compare(page, browser, answer, expected[browser.name], f"{when}, again")
            # A page with new messages is not stored.
            is_stored = settings.CACHE_PAGES and not (page.owners and NEW in answer.body)
            if answer.status == 200 and answer.headers["X-Cache"] != "hit" and is_stored:
                self.add_inconclusive(f"{page} did not come from the cache: check Redis and CACHE_PAGES")
        self.check_anonymous(page, when)
        return sum((self.count(expected) for expected in expected.values()), Counter())

    def fetch_uncached(self, page: Page, browser: Browser) -> Answer:
        """Fetch the page under a new URL, which cannot come from a cache."""
        separator = "&" if "?" in page.path else "?"
        return self.fetch(f"{page.path}{separator}probe={get_random_string(12)}", browser)

    def check_stranger(self, page: Page, browser: Browser | None, when: str) -> Answer:
        answer = self.fetch(page.path, browser)
        self.find_foreign_data(page, browser, answer, when)
        if answer.status == 200:
            self.add_violation(page, browser, when, "is shown")
        return answer

    def check_anonymous(self, page: Page, when: str) -> None:
        answer = self.check_stranger(page, None, when)
        is_to_log_in = answer.status == 302 and answer.location.startswith(reverse(settings.LOGIN_URL))
        if answer.status != 200 and not is_to_log_in:
            self.add_inconclusive(f"{page} answered a visitor with {answer.status}")

    def fetch_own(self, page: Page, browser: Browser, when: str) -> Answer:
        answer = self.fetch(page.path, browser)
        self.find_foreign_data(page, browser, answer, when)
        if 300 <= answer.status < 400:
            self.add_violation(page, browser, when, "answers as without a log-in")
        elif answer.status != 200:
            self.add_inconclusive(f"{page} answered {browser.name} with {answer.status}")
        else:
            if browser.name not in answer.body:
                self.add_violation(page, browser, when, "does not name its owner")
            self.find_shared_caching(page, browser, answer)
        return answer

    def find_foreign_data(self, page: Page, browser: Browser | None, answer: Answer, when: str) -> None:
        for marker, what in self.fixture.foreign_data_for(browser).items():
            if marker in answer.body or marker in answer.cookies:
                self.add_violation(page, browser, when, f"shows {what}")
        if browser and not all(_belongs_to(browser, token) for token in TOKEN.findall(answer.body)):
            self.add_violation(page, browser, when, "has a form with a token that is not this browser's")

    def find_shared_caching(self, page: Page, browser: Browser, answer: Answer) -> None:
        said = {part.partition("=")[0] for part in answer.parts("Cache-Control")}
        if "private" not in said or said & {"public", "s-maxage"} or not said & {"no-cache", "no-store"}:
            self.add_violation(
                page, browser, "", f"may be kept by others: Cache-Control: {', '.join(sorted(said))}"
            )
        if "cookie" not in answer.parts("Vary"):
            self.add_violation(page, browser, "", "does not vary by Cookie")

    def compare(self, page: Page, browser: Browser, answer: Answer, expected: Answer, when: str) -> None:
        # Compare counts, not the whole text: during a rollout, two versions of a template answer.
        if answer.status == expected.status == 200 and self.count(answer) != self.count(expected):
            self.add_violation(page, browser, when, "is stale")

    def count(self, answer: Answer) -> Counter[str]:
        return Counter({text: answer.body.count(text) for text in self.fixture.marks if text in answer.body})

    # --- Report -------------------------------------------------------------------------------------
    def fetch(self, path: str, browser: Browser | None) -> Answer:
        answer = self.site.request(path, browser)
        self.report.answers += 1
        if answer.status >= 500 or answer.status == 429:
            raise InconclusiveError(f"{self.site.url}{path.partition('?')[0]} answered {answer.status}")
        return answer

    def add_violation(self, page: Page, browser: Browser | None, when: str, what: str) -> None:
        requested = f"asked as {browser.name}" if browser else "asked without log-in"
        where = ", ".join(part for part in (str(page), requested, when) if part)
        self.note(self.report.violations, f"{where}: {what}")

    def add_inconclusive(self, text: str) -> None:
        self.note(self.report.inconclusive, text)

    @staticmethod
    def note(notes: list[str], text: str) -> None:
        if text not in notes:
            notes.append(text)


def _belongs_to(browser: Browser, token: str) -> bool:
    # Private API of Django, because it has no public function that validates the token of a form.
    try:
        csrf._check_token_format(token)  # type: ignore[attr-defined]  # private API
    except csrf.InvalidTokenFormat:
        return False
    return bool(csrf._does_token_match(token, browser.secret))  # type: ignore[attr-defined]  # private API
