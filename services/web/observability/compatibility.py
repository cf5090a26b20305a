"""The check that this release may run on a database that a newer release has migrated.

Releases overlap during an upgrade, and a rollback keeps the newer tables (docs/decisions/0031-backups.md).
A migration names the oldest release that still works after it: `oldest_release = "0.2.0"`. `migrate` stores
these values in a comment of the table `django_migrations`, which older releases can read and dumps contain.
"""

import json
from typing import Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

READ = "SELECT obj_description(to_regclass('django_migrations'), 'pg_class')"


def unknown_migrations(connection: Any, loader: MigrationLoader | None = None) -> list[str]:
    """Return the applied migrations after which this release does not work, as far as it knows.

    Rows of apps that are not installed do not count: they can be left over from an older release.
    """
    loader = loader or MigrationLoader(connection)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update((app, name) for app, name in migration.replaces)
    unknown = {(app, name) for app, name in loader.applied_migrations if app in loader.migrated_apps} - known
    if not unknown:
        return []
    oldest = _stored(connection).get("oldest_release", {})
    labels = sorted(f"{app}.{name}" for app, name in unknown)
    return [
        label for label in labels if label not in oldest or _number(oldest[label]) > _number(settings.VERSION)
    ]


def refusal(unknown: list[str]) -> str:
    """Return one line: the migrations, and what the operator can do."""
    return (
        f"this database belongs to a newer release, because release {settings.VERSION} does not know "
        f"{', '.join(unknown)}. Start the newer release, or restore a backup that this release has made"
    )


def store_oldest_releases(connection: Any) -> None:
    """Store what the migrations of this release say. Values that a newer release has stored stay."""
    MigrationRecorder(connection).ensure_schema()
    loader = MigrationLoader(connection)
    said = {
        f"{app}.{name}": oldest
        for (app, name), migration in loader.disk_migrations.items()
        if (oldest := getattr(migration, "oldest_release", ""))
    }
    stored = _stored(connection)
    release = max(stored.get("release", "0"), settings.VERSION, key=_number)
    comment = {"release": release, "oldest_release": stored.get("oldest_release", {}) | said}
    if comment != stored:
        with connection.cursor() as cursor:
            # A command that takes no parameters.
            text = json.dumps(comment, sort_keys=True)
            cursor.execute(connection.ops.compose_sql("COMMENT ON TABLE django_migrations IS %s", [text]))


def _stored(connection: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(READ)
        (comment,) = cursor.fetchone()
    try:
        stored: dict[str, Any] = json.loads(comment or "{}")
    except json.JSONDecodeError:  # Another program wrote the comment.
        return {}
    return stored


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
