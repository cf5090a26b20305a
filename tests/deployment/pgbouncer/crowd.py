"""Members who send, reply, edit, read and delete accounts concurrently, with a record of the responses."""

import threading
import uuid
from collections import Counter

from tests.support.audit import Sent
from tests.support.http_client.browser import Page
from tests.support.http_client.member import Member


class Counted(Member):
    """A member that counts the statuses of all responses."""

    statuses: Counter[int] = Counter()

    def request(self, path: str, fields: dict[str, str] | None = None, referer: str = "") -> Page:
        page = super().request(path, fields, referer)
        self.statuses[page.status] += 1
        return page


class Busy(threading.Thread):
    """Thread in which one member uses all features with one counterpart, for `rounds` rounds."""

    def __init__(self, url: str, member: Counted, to: Counted, rounds: int) -> None:
        super().__init__(daemon=True)
        self.url, self.member, self.to, self.rounds = url, member, to, rounds
        self.sent: dict[
            str, tuple[int, int | None]
        ] = {}  # By client id: the ids of the message and its parent.
        self.edits: Counter[str] = Counter()
        self.is_done = False

    def run(self) -> None:
        for number in range(self.rounds):
            if number == self.rounds // 2:
                self.run_temporary_member()
            self.one_round()
        self.is_done = True

    def one_round(self) -> None:
        root = self.write("/chats/new/", None, to=self.to.name)
        answer = self.write(f"/chats/message/{root}/reply/", root)
        for client_id, (message, _) in list(self.sent.items())[-2:]:
            self.edits[client_id] += 1
            self.member.edit(message, f"{client_id}, edited {self.edits[client_id]}")
        shown = [message.id for message in self.member.thread(root)]
        assert shown == [root, answer]
        assert self.to.name in self.member.inbox()
        self.member.unread()

    def write(self, path: str, parent: int | None, **fields: str) -> int:
        client_id = str(uuid.uuid4())
        page = self.member.post(path, content=client_id, client_id=client_id, **fields)
        message = self.member.expect_redirect(page, r"/chats/(?:thread|message)/(\d+)/")
        self.sent[client_id] = message, parent
        return message

    def run_temporary_member(self) -> None:
        """Sign up a member who exchanges two messages with this one, and delete that account."""
        passer = Counted(self.url, f"passer-{uuid.uuid4().hex[:8]}")
        passer.sign_up()
        root = passer.send(self.member, "Only passing by")
        self.member.reply(root, "Already?")
        passer.delete_account()

    def meant(self, ids: dict[str, int]) -> list[Sent]:
        people = ids[self.member.name], ids[self.to.name]
        return [Sent(client_id, *people, parent) for client_id, (_, parent) in self.sent.items()]
