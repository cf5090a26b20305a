"""Ids in addresses do not reveal how many messages other users write."""

import re
from itertools import pairwise

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_message_ids_do_not_count_the_messages_of_all_users(write, alice, bob):
    ids = [write(alice, bob).pk for _ in range(10)]
    steps = {(later - earlier) % 1_024 for earlier, later in pairwise(ids)}

    assert len(steps) > 1


def test_addresses_of_notifications_contain_the_ids_of_messages(write, member, bob, browser_of):
    sent = [write(member(f"sender{number}"), bob).pk for number in range(3)]
    page = browser_of(bob).get("/chats/notifications/").content.decode()

    assert re.findall(r"/chats/notifications/(\d+)/read/", page) == [str(pk) for pk in reversed(sent)]
    assert re.findall(r'data-notification="(\d+)"', page) == [str(pk) for pk in reversed(sent)]
