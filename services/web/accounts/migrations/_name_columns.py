"""Batched SQL that fills the name columns of existing users, for several migrations."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts import lookalikes, names

BATCH = 2_000
ROWS = "SELECT id, username FROM accounts_user WHERE id > %s AND {} ORDER BY id LIMIT %s"
UPDATE = """
UPDATE accounts_user SET name_key = computed.name_key, look_alike_group = computed.look_alike_group
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS computed (id, name_key, look_alike_group)
WHERE accounts_user.id = computed.id AND (accounts_user.name_key, accounts_user.look_alike_group)
  IS DISTINCT FROM (computed.name_key, computed.look_alike_group)
"""
# When several accounts have the same key, all but the oldest get an `exact_name`.
COLLIDING = """
UPDATE accounts_user SET exact_name = username FROM (
  SELECT id, row_number() OVER (PARTITION BY name_key ORDER BY id) AS place FROM accounts_user
) AS numbered
WHERE numbered.id = accounts_user.id AND numbered.place > 1
"""


def fill(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Fill `name_key` and `look_alike_group` of rows without a key, with one UPDATE for each batch."""
    _compute(schema_editor, "name_key IS NULL")


def regroup(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Recompute the name columns of all rows, with one UPDATE for each batch."""
    _compute(schema_editor, "true")


def _compute(schema_editor: BaseDatabaseSchemaEditor, condition: str) -> None:
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(ROWS.format(condition), [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            ids, usernames = [pk for pk, _ in rows], [username for _, username in rows]
            keys, groups = map(names.key, usernames), map(lookalikes.group, usernames)
            cursor.execute(UPDATE, [ids, list(keys), list(groups)])


def settle(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Lock the table, fill the remaining rows, and set `exact_name` where an older account has the same key.

    The remaining rows are those that were inserted after `fill` had run.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_user IN SHARE ROW EXCLUSIVE MODE")
    fill(apps, schema_editor)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(COLLIDING)
