import pytest


@pytest.fixture
def reply(message, alice, bob):
    """A reply of bob to the message of alice."""
    from messaging.models import Message

    return Message.objects.create(
        sender=bob, receiver=alice, content="Good morning, Alice", parent_message=message
    )


@pytest.fixture
def unread_of():
    """Return a function that returns the number of unread messages in the inbox of a user."""
    from messaging.models import Participant

    def count(user):
        return sum(Participant.objects.filter(user=user).values_list("unread_count", flat=True))

    return count


@pytest.fixture
def chain_of(alice, bob):
    """Return a function that creates a root and a chain of replies, from alice and bob in turns."""
    from messaging.models import Message

    def write(length):
        people = (alice, bob)
        messages: list[Message] = []
        for number in range(length):
            sender, receiver = people if number % 2 == 0 else people[::-1]
            parent = messages[-1] if messages else None
            messages.append(
                Message(sender=sender, receiver=receiver, content=f"Reply {number}", parent_message=parent)
            )
        return Message.objects.bulk_create(messages)

    return write
