"""The queries of the pages of a help desk, a member with 100,000 conversations, cost what others cost.

So they do before the first ANALYZE, when the planner has no statistics.
"""

import pytest
from django.db import connection, transaction

from accounts.models import User
from bench import staging
from chats.cache import SUGGESTIONS
from messaging import counterparts
from messaging.models import Message
from tests.integration.messaging.test_plans import EDITS
from tests.support.help_desk import MOST, PAGES, SEARCH, addressed, write_searched_word
from tests.support.plans import blocks_of, faults_of, plan_of, recorded, steps

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("plans")]

# The number of members, of the conversations of the help desk, and whether PostgreSQL has statistics.
KINDS = {
    "among many": (300_000, 100_000, True),
    "among its counterparts": (100_200, 100_000, True),
    "small": (700, 500, True),
    "without statistics": (300_000, 100_000, False),
    "small without statistics": (700, 500, False),
}
OTHER = 100  # Conversations of the other member.
SEARCHED = 1_000  # With more conversations, `make bench-scale` tests the search.
# Of the finder: for each conversation, one of participants and at most five of users (an index and a row).
MOST_BLOCKS = 6 * counterparts.MOST_COMPARED + 200
INDEX = "SELECT pg_get_indexdef('message_search'::regclass)"

CHANGES = {
    "/chats/message/{middle}/reply/": {"content": "An answer"},
    "/chats/new/": {"to": "{counterpart}", "content": "A new thread"},
    "/chats/seen/": {"ids": "{middle}"},
    "/chats/message/{middle}/unread/": {},
    "/chats/notifications/{middle}/read/": {},
}
LISTS = [
    "/admin/messaging/conversation/", "/admin/messaging/conversation/?q={counterpart}",
    "/admin/messaging/conversation/?q={conversation}", "/admin/messaging/message/",
    "/admin/messaging/message/?q={counterpart}", "/admin/messaging/message/?q={middle}",
    "/admin/messaging/messagehistory/?q={middle}", "/admin/notifications/notification/",
    "/admin/notifications/notification/?q={counterpart}", "/admin/notifications/notification/?q={middle}",
]  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def members(request, django_db_setup, django_db_blocker):
    """Return the help desk and the other member, each with a message in the middle of the inbox."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        total, conversations, analysed = KINDS[request.param]
        # Only the search uses this index, which would take most of the time.
        cursor.execute(INDEX)
        [(index,)] = cursor.fetchall()
        if conversations > SEARCHED:
            cursor.execute("DROP INDEX message_search")
        staged = staging.stage_help_desk(total, conversations, OTHER)
        cursor.execute(EDITS)
        if analysed:
            staging.vacuum("default")
        readers = User.objects.in_bulk([pk for pk, _ in staged])
        counts = conversations, OTHER
        middles = [first + count // 2 for (_, first), count in zip(staged, counts, strict=True)]
        messages = Message.objects.select_related("sender").in_bulk(middles)
        yield [(readers[pk], messages[middle]) for (pk, _), middle in zip(staged, middles, strict=True)]
        cursor.execute(staging.EMPTY)
        if conversations > SEARCHED:
            cursor.execute(f"{index}; ALTER INDEX message_search ALTER COLUMN 1 SET STATISTICS 0")


def _check(plans) -> None:
    history = "reads all of messaging_messagehistory"  # Right while it has few rows.
    assert plans
    assert [fault for plan in plans for fault in faults_of(plan) if fault != history] == []


def _read(browser_of, reader: User, middle: Message, address: str) -> int:
    """Return how many blocks the queries of a page read."""
    browser = browser_of(reader)
    with recorded() as made:
        response = browser.get(addressed(address, reader, middle))
    assert response.status_code in {200, 302}
    plans = [plan_of(*one) for one in dict(made).items()]
    _check(plans)
    return blocks_of(plans)


def _write(browser_of, reader: User, middle: Message, address: str, data: dict[str, str]) -> int:
    """Return how many blocks the statements of a change read, when they run a second time."""
    browser = browser_of(reader)
    data = {name: addressed(value, reader, middle) for name, value in data.items()}
    with transaction.atomic(), recorded() as made:
        response = browser.post(addressed(address, reader, middle), data)
        transaction.set_rollback(True)
    assert response.status_code in {200, 302}
    with transaction.atomic():
        plans = [plan_of(*one, run=True) for one in made]
        transaction.set_rollback(True)
    _check(plans)
    return blocks_of(plans)


@pytest.mark.parametrize("address", PAGES)
def test_page_of_a_help_desk_reads_no_more_than_that_of_another_member(members, browser_of, address):
    desk, other = (_read(browser_of, *member, address) for member in members)
    assert desk <= MOST * other


@pytest.mark.parametrize("text", ["", "member1", "nobody-has-it"])
def test_finder_reads_no_more_than_a_fixed_number_of_conversations(members, text):
    (desk, _), (other, _) = members
    names = [f"member{other.pk + number}" for number in range(1, SUGGESTIONS + 2)]
    plans = []
    for reader in (desk, other):
        with recorded() as made:
            counterparts.find(reader.pk, text, names)
        plans += [plan_of(*one) for one in made]
    rows = [
        step["Actual Loops"] * (step["Actual Rows"] + step.get("Rows Removed by Filter", 0))
        for plan in plans
        for step in steps(plan)
        if "Scan" in step["Node Type"]
    ]

    assert len(plans) == 2
    assert not [fault for plan in plans for fault in faults_of(plan) if fault.startswith("reads all of")]
    assert max(rows) <= counterparts.MOST_COMPARED
    assert blocks_of(plans[:1]) <= MOST_BLOCKS


@pytest.mark.parametrize("address", CHANGES)
def test_change_of_a_help_desk_reads_no_more_than_that_of_another_member(members, browser_of, address):
    # A change may also split a page of an index, or empty its pending list. That happens by chance.
    tries = ([_write(browser_of, *one, address, CHANGES[address]) for one in members] for _ in range(3))
    assert any(desk <= MOST * other for desk, other in tries)


@pytest.mark.parametrize("members", [kind for kind in KINDS if KINDS[kind][1] <= SEARCHED], indirect=True)
def test_search_of_a_help_desk_reads_no_more_than_that_of_another_member(members, browser_of):
    for _, middle in members:
        write_searched_word(middle)
    desk, other = (_read(browser_of, *member, SEARCH) for member in members)
    assert desk <= MOST * other


@pytest.mark.parametrize("members", ["among its counterparts"], indirect=True)
def test_list_of_notifications_does_not_depend_on_the_estimated_number_of_receivers(
    members, browser_of, member
):
    # Few of the receivers with one row are in a sample of the rows, so each ANALYZE estimates another number.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_notification ALTER COLUMN user_id SET (n_distinct = 10)")
        cursor.execute("ANALYZE notifications_notification")
    browser = browser_of(member("chief", is_staff=True, is_superuser=True))
    with recorded() as made:
        browser.get(addressed("/admin/notifications/notification/?q={counterpart}", *members[0]))
    _check([plan_of(*one) for one in dict(made).items()])


@pytest.mark.parametrize("address", LISTS)
def test_list_of_the_admin_reads_only_the_rows_that_it_shows(members, browser_of, member, address):
    browser = browser_of(member("chief", is_staff=True, is_superuser=True))
    with recorded() as made:
        assert browser.get(addressed(address, *members[0])).status_code == 200
    # Without a search, up to 10,000 rows are counted.
    plans = [plan_of(*one) for one in dict(made).items() if "?" in address or "COUNT" not in one[0]]
    _check(plans)
