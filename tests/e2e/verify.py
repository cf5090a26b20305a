"""Check a running Bobbin against the six tasks of its specification, over HTTP and nothing else.

    python -m tests.e2e.verify http://127.0.0.1:8000

Needs Python 3.11 and no package. It signs up members with random names, does what people do, looks at what
the pages show, and deletes its members again. One line a task; FAIL says what was expected, what was seen
and where. Exit status: 0 when all six pass, 1 when one fails or a member is left behind, 2 when there is
nothing to check (no server, no Bobbin, sign-up closed).

A server with a certificate of its own: put its authority's file into SSL_CERT_FILE.
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Sequence
from http.client import HTTPException

from tests.e2e.cached_inbox import fresh_private_inbox
from tests.e2e.signals import account_deletion, edit_history, notification_on_send
from tests.e2e.threads import threaded_replies, unread_messages
from tests.support.http_client.browser import Browser, UnexpectedError
from tests.support.http_client.cast import Cast
from tests.support.http_client.member import Member

# In the order and with the numbers of the specification.
TASKS = (
    ("a message notifies its receiver", notification_on_send),
    ("an edit keeps the previous text in a history and marks the message", edit_history),
    ("deleting an account leaves nothing of it", account_deletion),
    ("replies are nested in reading order", threaded_replies),
    ("the unread list shows what is unread, and reading empties it", unread_messages),
    ("the cached inbox is private and always up to date", fresh_private_inbox),
)


class CannotBeginError(Exception):
    """The site cannot be checked."""


def main(arguments: Sequence[str] | None = None) -> int:
    base = _base_url(arguments)
    run = secrets.token_hex(4)
    cast = Cast(*(Member(base, f"{name}-{run}") for name in ("alice", "bob", "charlie", "alice2")))
    try:
        begin(base, cast)
        passed = [check(number, title, task, cast) for number, (title, task) in enumerate(TASKS)]
    except CannotBeginError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        left_behind = clear_up(cast)
    print(f"Overall: {sum(passed)}/{len(passed)} tasks passed")
    return 0 if all(passed) and not left_behind else 1


def begin(base: str, cast: Cast) -> None:
    """Sign up the cast. Raise CannotBeginError if this is not Bobbin or sign-up is closed."""
    try:
        _expect_bobbin(base)
        for member in (cast.alice, cast.bob, cast.charlie):
            member.sign_up()
    except UnexpectedError as error:
        raise CannotBeginError(f"Cannot sign up: {error}") from error
    except (OSError, HTTPException) as error:
        raise CannotBeginError(f"No server can be reached at {base}: {error}") from error


def check(number: int, title: str, task: Callable[[Cast], None], cast: Cast) -> bool:
    """Run one task and print its result; return whether it passed."""
    try:
        task(cast)
    except UnexpectedError as error:
        print(f"FAIL - Task {number}: {title} ({error})", flush=True)
        return False
    except (OSError, HTTPException) as error:
        print(f"FAIL - Task {number}: {title} (the server stopped answering: {error})", flush=True)
        return False
    except ValueError as error:
        print(f"FAIL - Task {number}: {title} (a page has no number where one belongs: {error})", flush=True)
        return False
    print(f"PASS - Task {number}: {title}", flush=True)
    return True


def clear_up(cast: Cast) -> list[str]:
    """Delete the accounts through the site; return the names of those that could not be deleted."""
    left_behind = []
    for member in cast:
        if not member.has_account:
            continue
        browser = member.another_browser()
        try:
            browser.expect_redirect(browser.log_in(), "/chats/")
            browser.delete_account()
            browser.expect_no_log_in()
        except (UnexpectedError, OSError, HTTPException) as error:
            print(f"Left behind: the account {member.name} ({error})", file=sys.stderr)
            left_behind.append(member.name)
    return left_behind


def _expect_bobbin(base: str) -> None:
    # Use no `get`, since every status has its own message here.
    page = Browser(base).request("/accounts/signup/")
    if page.location:
        raise CannotBeginError(f"{base} sends its visitors to {page.location}: give that address instead.")
    if "Bobbin" not in page.title:
        raise CannotBeginError(f"What answers at {base} is not Bobbin: {page.url} is {page}.")
    if page.status == 403:
        raise CannotBeginError(f"Sign-up is closed at {base}: start it with SIGN_UP_OPEN=true to verify it.")
    if page.status != 200:
        raise CannotBeginError(f"Bobbin cannot work at {base} now: {page.url} is {page}.")


def _base_url(arguments: Sequence[str] | None) -> str:
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="where Bobbin answers, for example http://127.0.0.1:8000")
    url: str = parser.parse_args(arguments).url
    if not url.startswith(("http://", "https://")):
        parser.error(f"{url!r} does not begin with http:// or https://")
    return url.rstrip("/")


if __name__ == "__main__":
    sys.exit(main())
