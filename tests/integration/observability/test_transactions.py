import logging

import pytest
from django.db import connection, transaction

from caching.transactions import on_commit

pytestmark = pytest.mark.django_db(transaction=True)


def _fails():
    raise ValueError("the cache is away")


@pytest.mark.parametrize("inside", [True, False])
def test_callback_that_fails_is_logged_and_the_next_one_runs(caplog, inside):
    done = []
    with caplog.at_level(logging.ERROR, "django.db.backends.base"):
        if inside:
            with transaction.atomic():
                on_commit("default", _fails)
                on_commit("default", done.append, 1)
        else:
            on_commit("default", _fails)
            on_commit("default", done.append, 1)

    assert done == [1]
    assert ["_fails" in record.getMessage() for record in caplog.records] == [True]


def test_callback_runs_after_the_commit_and_not_after_a_rollback():
    in_transaction = []

    def load(answer):
        in_transaction.append((answer, connection.in_atomic_block))

    with transaction.atomic():
        on_commit("default", load, answer=1)
    with pytest.raises(ValueError, match="rolled back"), transaction.atomic():
        on_commit("default", load, answer=2)
        raise ValueError("rolled back")

    assert in_transaction == [(1, False)]
