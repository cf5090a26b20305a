"""Query plans of all pages at 100,000 messages.

Each query uses an index, and reads about as many rows as a page shows.

The plans are generic, like those of the prepared statements of the service. With the values of a user who has
two fifths of all messages, PostgreSQL would scan the table. It would expect to find 50 rows of that user
early.
"""

import itertools
import re

import pytest
from django.db import connection
from psycopg import sql

from accounts.models import User
from bench import staging
from chats.views.reading import UNREAD
from messaging.models import Message
from messaging.threads import read_thread
from notifications.models import Notification

# Only one worker creates the 100,000 messages, and it runs all these tests.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("plans")]

MESSAGES = 100_000
MOST_ROWS = 130  # Per step of a plan: a page of 50 rows and one more, for both participants, with some slack.
# Per user: the badge adds up the counters of all inbox rows.
MOST_COUNTERPARTS = 500
SMALL = {"accounts_session", "django_session", "django_content_type"}
OTHERS = """
INSERT INTO accounts_user (password, is_superuser, username, email, is_staff, is_active, date_joined,
  name_key, look_alike_group)
SELECT '!', false, 'member1x' || n, '', false, true, now(), 'member1x' || n, 'rnernberlx' || n
FROM generate_series(1, 50000) AS n
"""
EDITS = """
INSERT INTO messaging_messagehistory (message_id, old_content, edited_at)
SELECT id, 'before', now() FROM messaging_message WHERE id % 20 = 0
"""


@pytest.fixture(scope="module")
def stage(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        staged = staging.stage(MESSAGES)
        with connection.cursor() as cursor:
            cursor.execute(EDITS)
            cursor.execute(OTHERS)
            cursor.execute("ANALYZE")
        yield staged
        with connection.cursor() as cursor:
            cursor.execute(staging.EMPTY)


@pytest.fixture
def made():
    """Record the statements of the test with their parameters."""
    found = []

    def note(execute, statement, parameters, many, context):
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            found.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        yield found


def _numbered(statement: str, parameters) -> tuple[str, list]:
    """Return the statement with `$1`, `$2` … in place of psycopg's placeholders, and the ordered values."""
    if isinstance(parameters, dict):
        names = list(parameters)
        marked = re.sub(r"%\((\w+)\)s", lambda mark: f"${names.index(mark[1]) + 1}", statement)
        return marked.replace("%%", "%"), [parameters[name] for name in names if f"%({name})s" in statement]
    numbers = itertools.count(1)
    marked = re.sub(r"%s", lambda _: f"${next(numbers)}", statement)
    return marked.replace("%%", "%"), list(parameters or ())


def _plan(statement: str, parameters) -> dict:
    marked, values = _numbered(statement, parameters)
    # Execute only statements that read, because the constraints would refuse a second copy of a message.
    analyze = (
        "ANALYZE, " if statement.lstrip().upper().startswith("SELECT") and "FOR " not in statement else ""
    )
    with connection.cursor() as cursor:
        raw = cursor.connection
        literals = sql.SQL(", ").join(map(sql.Literal, values)).as_string(raw)
        raw.execute(f"PREPARE asked AS {marked}")
        try:
            called = f"asked ({literals})" if values else "asked"
            found = raw.execute(f"EXPLAIN ({analyze}FORMAT JSON) EXECUTE {called}").fetchone()
        finally:
            raw.execute("DEALLOCATE asked")
    return found[0][0]["Plan"]


def _steps(plan: dict):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


def _faults(plan: dict) -> list[str]:
    faults = []
    for step in _steps(plan):
        kind, table = step["Node Type"], step.get("Relation Name", "")
        read = step.get("Actual Rows", 0) + step.get("Rows Removed by Filter", 0)
        most = MOST_COUNTERPARTS if "participant" in (table or step.get("Index Name", "")) else MOST_ROWS
        if kind == "Seq Scan" and table not in SMALL:
            faults.append(f"reads all of {table}")
        if kind.startswith("Bitmap Heap") and step.get("Actual Rows") is not None and read > most:
            faults.append(f"a bitmap of {read:g} rows of {table}")
        if "Scan" in kind and read > most:
            faults.append(f"{kind} reads {read:g} rows of {table or step.get('Index Name')}")
        if kind in {"Sort", "Incremental Sort", "Hash", "Materialize"}:
            rows = step.get("Actual Rows", step["Plan Rows"])
            if rows > most:
                faults.append(f"{kind} of {rows:g} rows")
    return faults


def _check(made) -> int:
    checked = 0
    for statement, parameters in dict(made).items():
        faults = _faults(_plan(statement, parameters))
        assert not faults, f"{faults}\n{statement}\n{parameters}"
        checked += 1
    return checked


def _reader(stage, page: str) -> User:
    which = {"unread": stage.unread, "inbox": stage.inbox}.get(page, stage.reader_of_10000)
    return User.objects.get(pk=which)


READING = {
    "inbox": ["/chats/", "/chats/?before=60000", "/chats/new/", "/chats/people/?to=member1"],
    "unread": ["/chats/unread/", "/chats/unread/?before=60000", "/chats/notifications/",
               "/chats/notifications/?before=50000"],
    "thread": ["/chats/thread/{root}/",
               "/chats/thread/{root}/?from={late}", "/chats/thread/{root}/?to={late}",
               "/chats/with/{counterpart}/", "/chats/with/{counterpart}/?to={late}", "/chats/message/{late}/",
               "/chats/message/{late}/reply/", "/chats/message/{late}/history/"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "address"), [(who, page) for who, pages in READING.items() for page in pages]
)
def test_reading_uses_an_index(stage, browser_of, made, who, address):
    reader = _reader(stage, who)
    late = stage.thread_of_10000 + 9_900
    counterpart = f"member{stage.reader_of_10000 + 1}"
    browser = browser_of(reader)
    made.clear()
    response = browser.get(address.format(root=stage.thread_of_10000, late=late, counterpart=counterpart))

    assert response.status_code in {200, 302}
    assert _check(made) >= 2


def test_whole_thread_uses_an_index(stage, made):
    assert len(read_thread(stage.thread_of_1000)) == 1_001
    statement, parameters = made[-1]
    assert [step["Node Type"] for step in _steps(_plan(statement, parameters))] == ["Index Scan"]


@pytest.mark.parametrize("action", ["send", "edit", "read", "read from a notification"])
def test_writing_uses_an_index(stage, browser_of, made, action):
    reader = _reader(stage, "unread")
    waiting = Message.unread.for_user(reader).order_by("pk").first()
    own = Message.objects.filter(thread=stage.thread_of_10000, sender=stage.reader_of_10000).last()
    browser = browser_of(own.sender if action == "edit" else reader)
    made.clear()
    if action == "send":
        response = browser.post(f"/chats/message/{waiting.pk}/reply/", {"content": "An answer"})
    elif action == "edit":
        response = browser.post(f"/chats/message/{own.pk}/edit/", {"content": "Another text"})
    elif action == "read":
        response = browser.get(f"/chats/thread/{waiting.thread}/")
    else:
        notification = Notification.objects.get(message=waiting)
        response = browser.post(f"/chats/notifications/{notification.pk}/read/")

    assert response.status_code in {200, 302}
    assert _check(made) >= 3


@pytest.mark.parametrize("planned", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("query", ["unheard-of", "oom+-arrived", "from:me", "the&order=best"])
def test_search_uses_its_index(stage, browser_of, made, query, planned):
    """The query filters by the index before it compares texts.

    The planner cannot know the number of matches.
    """
    browser = browser_of(User.objects.get(pk=stage.inbox))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('plan_cache_mode', %s, true)", [planned])
    made.clear()
    assert browser.get(f"/chats/search/?q={query}").status_code == 200
    statement, parameters = next(one for one in made if "messaging_search_keys" in one[0])
    steps = list(_steps(_plan(statement, parameters)))

    assert "message_search" in {step.get("Index Name") for step in steps}
    assert not [step for step in steps if step["Node Type"] == "Seq Scan"]


def test_missing_index_is_detected(stage, made):
    """Prove that the check can fail.

    Without its index the unread list reads far more rows than a page has.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX message_unread")
    made.clear()
    UNREAD(stage.unread, None)

    with pytest.raises(AssertionError):
        _check(made)
