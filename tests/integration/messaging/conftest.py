import pytest


@pytest.fixture
def reply(message, alice, bob):
    """bob has answered alice."""
    from messaging.models import Message

    return Message.objects.create(
        sender=bob, receiver=alice, content="Good morning, Alice", parent_message=message
    )


@pytest.fixture
def unread_of():
    """What a member's inbox says is unread."""
    from messaging.models import Participant

    def count(user):
        return sum(Participant.objects.filter(user=user).values_list("unread_count", flat=True))

    return count


@pytest.fixture
def chain_of(alice, bob):
    """A root and replies, each an answer to the one before, written in turns."""
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
