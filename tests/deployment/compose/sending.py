"""Members who send messages continuously, and an audit of all acknowledged messages."""

import http.client
import itertools
import json
import re
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

from tests.deployment.compose.containers import Containers
from tests.support.audit import FIND, WRONG_COUNTERS, Audit, Found, Sent, compare
from tests.support.http_client.patient import Patient

CLIENTS = 16
# Seconds between two sends of one member. All members send fewer messages in a second than SEND_RATE of nginx
# allows for one address, since the wait after a refusal would look like an outage.
PAUSE = 1.0
SLOW_SECONDS = 2
ACKNOWLEDGED = re.compile(r"/chats/message/(\d+)/")


def sign_up(url: str) -> list[Patient]:
    """Sign up new members who send."""
    members = [Patient(url, f"{name}-{uuid.uuid4().hex[:8]}") for name in "abcdefghijklmnop"[:CLIENTS]]
    for member in members:
        member.sign_up()
    return members


class Failure(NamedTuple):
    at: float
    what: str  # An HTTP status, or the class of a network error.


class Sender(threading.Thread):
    """Sends one message after the other, and repeats a failed send with the same client id."""

    def __init__(self, member: Patient, to: Patient) -> None:
        super().__init__(daemon=True)
        self.member, self.to = member, to
        self.acknowledged: dict[
            str, tuple[int, float]
        ] = {}  # By client id: the id of the message, and the time.
        self.failures: list[Failure] = []
        self.longest = 0.0
        self.waits_before = member.waits
        self.over = threading.Event()
        member.get("/chats/new/")  # Sets the CSRF cookie.

    def run(self) -> None:
        while not self.over.is_set():
            client_id = str(uuid.uuid4())
            while not self.send(client_id):
                if self.over.wait(PAUSE):
                    return
            self.over.wait(PAUSE)

    def send(self, client_id: str) -> bool:
        began = time.monotonic()
        try:
            page = self.member.post("/chats/new/", to=self.to.name, content=client_id, client_id=client_id)
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(Failure(time.monotonic(), type(error).__name__))
            return False
        ended = time.monotonic()
        self.longest = max(self.longest, ended - began)
        found = ACKNOWLEDGED.search(page.location)
        if page.status != 302 or not found:
            self.failures.append(Failure(ended, str(page.status)))
            return False
        self.acknowledged[client_id] = int(found[1]), ended
        return True


class Load:
    """Runs all senders while the `with` block runs."""

    def __init__(self, containers: Containers, members: list[Patient]) -> None:
        self.containers = containers
        self.began = datetime.now(UTC).isoformat(timespec="seconds")
        self.after = int(containers.sql("SELECT coalesce(max(id), 0) FROM messaging_message")[0][0])
        self.senders = [Sender(member, to=members[number ^ 1]) for number, member in enumerate(members)]

    def __enter__(self) -> "Load":
        for sender in self.senders:
            sender.start()
        self.wait_for_more()
        return self

    def __exit__(self, *exception: object) -> None:
        for sender in self.senders:
            sender.over.set()
        for sender in self.senders:
            sender.join(60)

    def wait_for_more(self, seconds: float = 60) -> None:
        """Wait until every member has sent two more messages."""
        want = [len(sender.acknowledged) + 2 for sender in self.senders]
        until = time.monotonic() + seconds
        while any(len(sender.acknowledged) < many for sender, many in zip(self.senders, want, strict=True)):
            assert time.monotonic() < until, self.standstill()
            time.sleep(0.05)

    def standstill(self) -> str:
        sent = [len(sender.acknowledged) for sender in self.senders]
        failures, lines = self.failures()[-3:], self.lines_of_failures()[-3:]
        return f"a member's sends are not acknowledged any more: {sent}, {failures}, {lines}"

    def failures(self) -> list[Failure]:
        return sorted(failure for sender in self.senders for failure in sender.failures)

    def lines_of_failures(self) -> list[str]:
        """Return the access log lines of nginx for failed or slow requests of this load."""
        lines = self.containers.run(
            "docker", "compose", "logs", "--no-log-prefix", f"--since={self.began}", "nginx"
        ).splitlines()
        requests = [json.loads(line) for line in lines if line.startswith("{")]
        return [
            json.dumps(one)
            for one in requests
            if one["route"] != "/events/" and (one["code"] >= 500 or one["seconds"] > SLOW_SECONDS)
        ]

    def kinds(self) -> Counter[str]:
        return Counter(failure.what for failure in self.failures())

    def waits(self) -> int:
        """Return the number of sends that a limit refused, and that waited. They are not failures."""
        return sum(sender.member.waits - sender.waits_before for sender in self.senders)

    def acknowledged(self) -> int:
        return sum(len(sender.acknowledged) for sender in self.senders)

    def acknowledged_between(self, began: float, ended: float) -> int:
        return sum(began < at < ended for sender in self.senders for _, at in sender.acknowledged.values())

    def longest_silence(self) -> float:
        """Return the longest time in seconds without any acknowledgement."""
        times = sorted(at for sender in self.senders for _, at in sender.acknowledged.values())
        return max((later - at for at, later in itertools.pairwise(times)), default=0.0)

    def audit(self) -> Audit:
        """Compare every acknowledged message with the database: its id, participants and counters."""
        names = dict(self.containers.sql("SELECT username, id FROM accounts_user"))
        meant = [
            Sent(client_id, int(names[sender.member.name]), int(names[sender.to.name]), None)
            for sender in self.senders
            for client_id in sender.acknowledged
        ]
        rows = self.containers.sql(FIND.replace("%s", str(self.after)))
        found = [Found(row[0], *(int(value) if value else None for value in row[1:])) for row in rows]
        query = f"SELECT client_id, id FROM messaging_message WHERE id > {self.after}"
        ids = dict(self.containers.sql(query))
        for sender in self.senders:
            for client_id, (message, _) in sender.acknowledged.items():
                # `compare` counts a missing message as lost.
                there = ids.get(client_id, str(message))
                assert there == str(message), f"message {there} was acknowledged as {message}"
        wrong = int(self.containers.sql(WRONG_COUNTERS)[0][0])
        return compare(meant, found)._replace(wrong_counters=wrong)
