"""Foreign keys to users: `DO_NOTHING`, because the phases of an erasure delete the rows.

docs/recipes.md, "Add a table that belongs to a member", lists the steps for a new table.
"""

import functools

from django.conf import settings
from django.db import models

# An erasure deletes rows by set-based SQL (messaging/erasure.py), so Django must not collect them. The
# deferred constraints of PostgreSQL ensure that no row is missed.
UserKey = functools.partial(models.ForeignKey, settings.AUTH_USER_MODEL, models.DO_NOTHING)
