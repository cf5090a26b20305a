"""Compiled queries, which build their SQL once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from messaging.compiled import PLACES, CompiledQuery
from messaging.models import Message
from messaging.replying import message_to_answer

pytestmark = pytest.mark.django_db


def _in_thread(root, before):
    some = Message.objects.in_thread(root)
    return (some if before is None else some.filter(pk__lt=before)).order_by("pk").values_list(
        "id", "content", "timestamp", "read", named=True
    )  # fmt: skip


@pytest.fixture
def replies(message):
    return [
        Message.objects.create(
            sender=message.receiver, receiver=message.sender, content=f"Reply {n}", parent_message=message
        )
        for n in range(3)
    ]


def test_compiled_query_returns_the_rows_of_its_queryset(message, replies):
    compiled = CompiledQuery(_in_thread)

    for root, before in [
        (message.pk, None),
        (message.pk, replies[1].pk),
        (replies[0].pk, None),
        (message.pk, message.pk),
    ]:
        assert compiled(root, before) == list(_in_thread(root, before))
    assert compiled(message.pk, None)[0].content == message.content


def test_the_queryset_is_built_once_for_each_shape(message):
    built = []

    def build(*arguments):
        built.append(arguments)
        return _in_thread(*arguments)

    compiled = CompiledQuery(build)
    for before in (None, 5, 6, None, 7):
        compiled(message.pk, before)

    assert built == [(PLACES[0], None), (PLACES[0], PLACES[1])]


def test_compiled_query_makes_one_query(message):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        CompiledQuery(_in_thread)(message.pk, None)

    assert len(queries) == 1


def test_an_argument_that_is_not_in_the_sql_is_refused():
    with pytest.raises(ValueError, match="Every argument"):
        CompiledQuery(lambda root, ignored: _in_thread(root, None))(1, 2)


def test_argument_may_be_used_twice_in_the_sql(alice, bob, message):
    mine = CompiledQuery(lambda user: Message.objects.visible_to(user).values_list("id", named=True))

    assert [mine(user.pk) for user in (alice, bob)] == [[(message.pk,)]] * 2


def test_argument_may_be_a_text(alice, bob):
    named = CompiledQuery(
        lambda name, pk: User.objects.named(name, name).filter(pk=pk).values_list("pk", named=True)
    )

    assert [named(user.username, alice.pk) for user in (alice, bob)] == [[(alice.pk,)], []]


def test_message_to_answer_equals_the_message(message, alice, bob, django_assert_num_queries):
    for reader in (alice, bob):
        with django_assert_num_queries(1):
            found = message_to_answer(message.pk, by=reader)
            names = found.sender.username, found.receiver.username

        assert names == (message.sender.username, message.receiver.username)
        for field in Message._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(message, field.attname)
        assert not found._state.adding


def test_message_of_others_cannot_be_answered(message, charlie):
    with pytest.raises(Message.DoesNotExist):
        message_to_answer(message.pk, by=charlie)
