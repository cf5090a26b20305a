"""A search for a name is one query that uses an index, at 50,000 users.

Both the plan for the given values and the generic plan are checked.
"""

import re

import pytest
from django.db import connection

from accounts.models import User
from chats.cache import suggestions
from messaging.models import Participant
from messaging.search import parse, search

MEMBERS = 50_000
COUNTERPARTS = 3_000
MOST_ROWS = 130
MEMBER_ROWS = """
INSERT INTO accounts_user (password, is_superuser, username, email, is_staff, is_active, date_joined,
  name_key, look_alike_group)
SELECT '!', false, 'Member' || n, '', false, true, now(), 'member' || n, 'rnernber' || n
FROM generate_series(1, %s) AS n
"""
CONVERSATIONS = """
WITH new AS (
  INSERT INTO messaging_conversation (low_id, high_id)
  SELECT least(id, %(reader)s), greatest(id, %(reader)s) FROM accounts_user
  WHERE name_key LIKE 'member%%' ORDER BY id LIMIT %(number)s RETURNING id, low_id, high_id
)
INSERT INTO messaging_participant (conversation_id, user_id, counterpart_id, unread_count)
SELECT id, low_id, high_id, 0 FROM new UNION ALL SELECT id, high_id, low_id, 0 FROM new
"""
QUERIES = {
    "named": lambda reader: User.objects.named("ＭEMBER2999").first(),
    "named, nobody": lambda reader: User.objects.named("nobody").first(),
    "log-in": lambda reader: User.objects.get_by_natural_key("MEMBER2999"),
    "refuse_name": lambda reader: User.objects.all().refuse_name("member50001"),
    "suggestions": lambda reader: suggestions("ＭEM", reader),
    "suggestions, one": lambda reader: suggestions("member2999", reader),
    "with_counterpart": lambda reader: (
        Participant.objects.filter(user=reader).with_counterpart("MEMBER2999").first()
    ),
    "search": lambda reader: search(reader.pk, parse("from:MEMBER2999", "alice"), 5),
}


@pytest.fixture
def made():
    """Record the statements with `name_key` on the table of users, with their parameters."""
    found = []

    def note(execute, statement, parameters, many, context):
        if "accounts_user" in statement and "name_key" in statement:
            found.append((statement, parameters))
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(note):
        yield found


@pytest.fixture
def stage(alice):
    with connection.cursor() as cursor:
        cursor.execute(MEMBER_ROWS, [MEMBERS])
        cursor.execute(CONVERSATIONS, {"reader": alice.pk, "number": COUNTERPARTS})
        cursor.execute("ANALYZE accounts_user, messaging_conversation, messaging_participant")


def plans(statement, parameters):
    """Yield the steps of the executed plan for these parameters, and then those of the generic plan."""
    number = iter(range(1, 100))
    if isinstance(parameters, dict):
        places = {name: f"${place}" for place, name in enumerate(parameters, 1)}
        generic = re.sub(r"%\((\w+)\)s", lambda mark: places[mark[1]], statement)
    else:
        generic = re.sub(r"%s", lambda mark: f"${next(number)}", statement)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
        yield from steps(cursor.fetchone()[0][0]["Plan"])
        cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {generic.replace('%%', '%')}")
        yield from steps(cursor.fetchone()[0][0]["Plan"])


def steps(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from steps(below)


def faults(step):
    read = step.get("Actual Rows", 0) + step.get("Rows Removed by Filter", 0)
    if step["Node Type"] == "Seq Scan":
        return f"reads all of {step['Relation Name']}"
    return f"{step['Node Type']} reads {read:g} rows" if read > MOST_ROWS else ""


def test_search_for_a_name_is_one_query_that_uses_an_index(stage, alice, made):
    for name, metrics_for in QUERIES.items():
        made.clear()
        metrics_for(alice)
        assert len(made) == 1, name
        found = {fault for step in plans(*made[0]) if (fault := faults(step))}
        assert found == set(), name


def test_search_for_a_name_without_the_index_is_detected(stage, alice, made):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_user DROP CONSTRAINT user_name_key")
        cursor.execute("DROP INDEX user_look_alikes")
    noticed = set()
    for name, metrics_for in QUERIES.items():
        made.clear()
        metrics_for(alice)
        noticed |= {name for step in plans(*made[0]) if faults(step)}

    assert noticed == QUERIES.keys()
