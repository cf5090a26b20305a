"""`manage.py demo`: create three users and a few threads to try Bobbin out."""

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from messaging.models import Message

CAST = ("alice", "bob", "charlie")
# {(sender, receiver): lines}. A line is (sender, text, index of the line that it replies to).
THREADS: dict[tuple[str, str], list[tuple[str, str, int | None]]] = {
    ("alice", "bob"): [
        ("alice", "Good morning! Did the new loom arrive?", None),
        ("bob", "It did, yesterday at noon. Four boxes, and one of them is dented.", 0),
        ("alice", "Which one? The frame or the bobbins?", 1),
        ("bob", "The bobbins. I counted: two out of forty are cracked.", 2),
        ("alice", "Then send me a photo, I will ask for replacements.", 3),
        ("bob", "The frame is fine, by the way, and the manual is even readable.", 2),
        ("bob", "Shall I set it up on Thursday?", 0),
        ("alice", "Thursday is good. I bring the linen.", 6),
    ],
    ("bob", "alice"): [
        ("bob", "Lunch on Friday?\n\nThere is a new place by the canal.", None),
        ("alice", "Yes. Half past twelve?", 0),
        ("bob", "Half past twelve it is 🧵", 1),
    ],
    ("charlie", "alice"): [
        ("charlie", "I lost the key to the dye room. Is there another one?", None),
        ("alice", "In the drawer under the scales.", 0),
        ("charlie", "Found it, thank you.", 1),
    ],
}


class Command(BaseCommand):
    help = "Create three members with printed passwords, and a few threads between them."

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        present = {user.name_key: user for user in User.objects.filter(name_key__in=CAST)}
        members = {name: self._known(present[name]) if name in present else self._new(name) for name in CAST}
        if not Message.objects.visible_to(members["alice"]).exists():
            for (sender, receiver), lines in THREADS.items():
                self._thread(members[sender], members[receiver], lines, members)
            self._edit_one(members["alice"])

    def _known(self, user: User) -> User:
        self.stdout.write(f"{user.username:8} exists already; its password is unchanged.")
        return user

    def _new(self, name: str) -> User:
        password = secrets.token_urlsafe(9)
        try:
            user: User = User.objects.create_user(name, password=password)
        except ValidationError as refused:
            raise CommandError(f"{name} cannot be created: {refused.messages[0]}") from None
        self.stdout.write(f"{name:8} password: {password}")
        return user

    def _thread(self, first: User, second: User, lines: list[Any], members: dict[str, User]) -> None:
        sent: list[Message] = []
        for writer, content, answers in lines:
            sender = members[writer]
            sent.append(
                Message.objects.create(
                    sender=sender,
                    receiver=second if sender == first else first,
                    content=content,
                    parent_message=None if answers is None else sent[answers],
                )
            )

    def _edit_one(self, alice: User) -> None:
        last = Message.objects.filter(sender=alice, content__startswith="Thursday").get()
        last.edit("Thursday is good. I bring the linen and the good scissors.", by=alice)
