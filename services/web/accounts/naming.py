"""Batched SQL that fills the name columns of existing users. Only migrations call these functions."""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts import lookalikes, names

BATCH = 2_000
ROWS = "SELECT id, username FROM accounts_user WHERE name_key IS NULL ORDER BY id LIMIT %s"
FILL = """
UPDATE accounts_user SET name_key = filled.name_key, look_alike_group = filled.look_alike_group
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS filled (id, name_key, look_alike_group)
WHERE accounts_user.id = filled.id
"""
MEMBERS = "SELECT id, username FROM accounts_user WHERE id > %s ORDER BY id LIMIT %s"
REGROUP = """
UPDATE accounts_user SET look_alike_group = computed.look_alike_group
FROM unnest(%s::bigint[], %s::text[]) AS computed (id, look_alike_group)
WHERE accounts_user.id = computed.id AND accounts_user.look_alike_group <> computed.look_alike_group
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
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(ROWS, [BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            ids, usernames = [pk for pk, _ in rows], [username for _, username in rows]
            cursor.execute(
                FILL,
                [
                    ids,
                    [names.key(name) for name in usernames],
                    [lookalikes.group(name) for name in usernames],
                ],
            )


def regroup(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Recompute `look_alike_group` of all rows, with one UPDATE for each batch."""
    last = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(MEMBERS, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            cursor.execute(
                REGROUP, [[pk for pk, _ in rows], [lookalikes.group(username) for _, username in rows]]
            )


def settle(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Lock the table, fill the remaining rows, and set `exact_name` where an older account has the same key.

    The remaining rows are those that were inserted after `fill` had run.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("LOCK TABLE accounts_user IN SHARE ROW EXCLUSIVE MODE")
    fill(apps, schema_editor)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(COLLIDING)
