"""Query plans of all pages at 100,000 messages.

Each query uses an index, and reads about as many rows as a page shows.

The plans are generic, like those of the prepared statements of the service. With the values of a user who has
two fifths of all messages, PostgreSQL would scan the table. It would expect to find 50 rows of that user
early.
"""

import pytest
from django.db import connection
from psycopg import sql

from accounts.models import User
from bench import staging
from chats.views.reading import UNREAD
from messaging.models import Message
from messaging.threads import read_thread
from notifications.models import CREATE, Notification
from tests.support.plans import check, numbered, plan_of, recorded, steps

# Only one worker creates the 100,000 messages, and it runs all these tests.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("plans")]

MESSAGES = 100_000
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
    with recorded() as statements:
        yield statements


def _reader(stage, page: str) -> User:
    which = {"unread": stage.unread, "inbox": stage.inbox, "threads": stage.inbox}.get(
        page, stage.reader_of_10000
    )
    return User.objects.get(pk=which)


READING = {
    "inbox": ["/chats/", "/chats/?before=60000", "/chats/new/", "/chats/people/?to=member1"],
    "unread": ["/chats/unread/", "/chats/unread/?before=60000", "/chats/notifications/",
               "/chats/notifications/?before=50000"],
    "threads": ["/chats/threads/", "/chats/threads/?before=60000"],
    "thread": ["/chats/thread/{root}/", "/chats/thread/{root}/?at={late}", "/chats/thread/{root}/?at={root}",
               "/chats/thread/{root}/?from={late}", "/chats/thread/{root}/?to={late}",
               "/chats/with/{counterpart}/", "/chats/with/{counterpart}/?at={late}",
               "/chats/with/{counterpart}/?at={root}", "/chats/with/{counterpart}/?to={late}",
               "/chats/message/{late}/", "/chats/message/{late}/reply/", "/chats/message/{late}/history/"],
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
    assert check(made) >= 2


def test_whole_thread_uses_an_index(stage, made):
    assert len(read_thread(stage.thread_of_1000)) == 1_001
    statement, parameters = made[-1]
    assert [step["Node Type"] for step in steps(plan_of(statement, parameters))] == ["Index Scan"]


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
        response = browser.get(f"/chats/thread/{waiting.thread}/?at={waiting.pk}")
    else:
        notification = Notification.objects.get(message=waiting)
        response = browser.post(f"/chats/notifications/{notification.message_id}/read/")

    assert response.status_code in {200, 302}
    assert check(made) >= 3


@pytest.mark.parametrize("planned", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize("number", [1, 100, 1_000])
def test_notifications_of_new_messages_read_only_these_messages_and_their_senders(stage, planned, number):
    messages = list(Message.objects.order_by("pk").values_list("pk", flat=True)[:number])
    Notification.objects.filter(message__in=messages).delete()
    statement, _ = numbered(CREATE, [messages])
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('plan_cache_mode', %s, true)", [planned])
        raw = cursor.connection
        raw.execute(f"PREPARE creation AS {statement}")
        try:
            ids = sql.Literal(messages).as_string(raw)
            (plan,) = raw.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE creation ({ids})").fetchone()[0]
        finally:
            raw.execute("DEALLOCATE creation")
    scans = [step for step in steps(plan["Plan"]) if "Scan" in step["Node Type"]]
    rows = [
        step["Actual Loops"] * (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) for step in scans
    ]

    assert Notification.objects.filter(message__in=messages).count() == number
    assert {step["Node Type"] for step in scans} <= {
        "Index Scan",
        "Index Only Scan",
        "Bitmap Index Scan",
        "Bitmap Heap Scan",
    }
    assert max(rows) <= 2 * number  # A bitmap of an index contains entries of old versions of a row.


@pytest.mark.parametrize("planned", ["force_generic_plan", "force_custom_plan"])
@pytest.mark.parametrize(
    "query", ["unheard-of", "oom+-arrived", "from:me", "the&order=best", "&with=member2&way=sent"]
)
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
    found = list(steps(plan_of(statement, parameters)))

    assert "message_search" in {step.get("Index Name") for step in found}
    assert not [step for step in found if step["Node Type"] == "Seq Scan"]


def test_missing_index_is_detected(stage, made):
    """Prove that the check can fail.

    Without its index the unread list reads far more rows than a page has.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX message_unread")
    made.clear()
    UNREAD(stage.unread, None)

    with pytest.raises(AssertionError):
        check(made)
