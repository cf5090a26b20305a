"""django-postman: a reply by the form of its page, beside a reply by the form of Bobbin.

Its tables refer to users with a cascade, which an erasure would follow. So bench/work.py runs this module in
a separate process, after all others.
"""

import itertools
import json
import os
import signal
import sys
import uuid

PACKAGE = "django-postman"


def main(stage: dict[str, int], rounds: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback.
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.postman_settings"
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection
    from django.shortcuts import get_object_or_404
    from postman.forms import QuickReplyForm
    from postman.models import STATUS_ACCEPTED
    from postman.models import Message as Mail

    from bench import raw, report
    from bench.measure import Way, Workload, measure
    from bench.targets import so_many_times
    from bench.workloads.writing import REPLY, reply_by_hand
    from chats.forms import ReplyForm
    from messaging.models import Message
    from messaging.replying import message_to_answer
    from messaging.sending import send

    call_command("migrate", verbosity=0)
    raw.run("SET synchronous_commit = off")
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    parent = Message.objects.with_people().get(pk=stage["thread_of_1000"])
    sender, receiver = parent.receiver, parent.sender
    number = itertools.count()
    letter = Mail.objects.create(
        sender=receiver, recipient=sender, subject="The loom", moderation_status=STATUS_ACCEPTED
    )

    def text() -> str:
        return f"It did arrive, {next(number)}."

    def bobbin():
        answered = message_to_answer(parent.pk, by=sender)
        form = ReplyForm({"content": text(), "client_id": str(uuid.uuid4())}, counterpart=answered.sender)
        assert form.is_valid()
        data = form.cleaned_data
        return send(
            Message(
                sender=sender, receiver=data["to"], content=data["content"], parent_message=answered,
                client_id=data["client_id"],
            )
        ).pk  # fmt: skip

    def postman():
        answered = get_object_or_404(Mail, Mail.objects.perms(sender), pk=letter.pk)
        form = QuickReplyForm({"body": text()}, sender=sender, recipient=answered.sender)
        form.instance.subject = f"Re: {answered.subject}"
        assert form.is_valid()
        assert form.save(parent=answered)
        return form.instance.pk

    def sent(pk):
        made = Message.objects.get(pk=pk)
        return made.sender_id, made.receiver_id, made.content[:13], made.read

    def sent_by_postman(pk):
        made = Mail.objects.get(pk=pk, moderation_status=STATUS_ACCEPTED, parent=letter)
        return made.sender_id, made.recipient_id, made.body[:13], not made.is_new

    ways = [
        Way("raw SQL", reply_by_hand(REPLY, parent), sent),
        Way("Bobbin, notification and inbox rows too", bobbin, sent),
        Way(PACKAGE, postman, sent_by_postman),
    ]
    workload = Workload("a reply by its form", ways, targets=[so_many_times(1.5, PACKAGE)])
    print(json.dumps(report.work(workload, measure(workload, rounds))))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), int(sys.argv[2]))
