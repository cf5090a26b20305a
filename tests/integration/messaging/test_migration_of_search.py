"""The migration of the search index: messages from before it are found by the new rules, and it goes back."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from messaging.search import parse, search

NAME = "0010_short_words_in_other_scripts"
INVALID = "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
LEFT_BEHIND = """
CREATE INDEX message_search_ccnew ON messaging_message
USING gin (messaging_search_keys(content, sender_id, receiver_id))
"""


def run(direction: str) -> None:
    loader = MigrationLoader(connection)
    migration = loader.get_migration("messaging", NAME)
    state = loader.project_state(migration.dependencies[0])
    with connection.schema_editor(atomic=False) as editor:
        getattr(migration, direction)(state, editor)


@contextmanager
def rules_of_the_release_before():
    run("unapply")
    try:
        yield
    finally:
        run("apply")


@pytest.mark.django_db(transaction=True)
def test_messages_from_before_the_migration_are_found_by_the_new_rules(alice, bob, write):
    def found(query):
        return [hit.id for hit in search(alice.pk, parse(query, "alice"), 5).rows]

    with rules_of_the_release_before():
        wanted = [write(bob, alice, text) for text in ("新しいPCを買った", "п\u02bcять", "warp and weft")]
        before = [found(query) for query in ("PC", "п'ять", "weft")]
        with connection.cursor() as cursor:
            cursor.execute(LEFT_BEHIND)  # As after an interruption.
    with connection.cursor() as cursor:
        cursor.execute(INVALID)
        assert cursor.fetchone() == (0,)

    assert before == [[], [], [wanted[2].pk]]
    assert [found(query) for query in ("PC", "п'ять", "weft")] == [[one.pk] for one in wanted]
    assert "message_search_ccnew" not in connection.introspection.get_constraints(
        connection.cursor(), "messaging_message"
    )
