from messaging.models import Message, Participant
from notifications.models import Notification


def test_create_alone_leaves_everything_consistent(alice, bob):
    message = Message.objects.create(sender=alice, receiver=bob, content="  hello\r\n")

    assert message.content == "hello"
    assert Notification.objects.get().user == bob
    assert Participant.objects.get(user=bob).unread_count == 1
    assert Participant.objects.get(user=alice).unread_count == 0
    assert {side.last_message_id for side in Participant.objects.all()} == {message.pk}
