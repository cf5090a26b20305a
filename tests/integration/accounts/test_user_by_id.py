"""`User.objects.by_id`, which reads the user of a session."""

import pytest

from accounts.backends import ModelBackend
from accounts.models import User

pytestmark = pytest.mark.django_db


def test_user_by_id_equals_a_user_that_django_loads(alice, bob, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = User.objects.by_id(bob.pk)

    expected = User.objects.get(pk=bob.pk)
    states = [vars(user.__dict__.pop("_state")) for user in (found, expected)]
    assert vars(found) == vars(expected)
    assert states[0] == states[1]


@pytest.mark.parametrize("pk", [0, 2**63])
def test_id_without_a_user_returns_none(alice, pk):
    assert User.objects.by_id(pk) is None


def test_session_of_a_deactivated_user_has_no_user(alice, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert [ModelBackend().get_user(user.pk) for user in (alice, bob)] == [alice, None]
