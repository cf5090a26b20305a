"""The members of the verification, and the texts they write."""

import secrets
from typing import NamedTuple

from tests.support.http_client.member import Member


class Cast(NamedTuple):
    """alice and bob write to each other; charlie must never see any of it."""

    alice: Member
    bob: Member
    charlie: Member
    alice2: Member  # Has no account at first; task 2 creates and deletes it.


def text(about: str) -> str:
    """Return a unique text that begins with `about`."""
    return f"{about} {secrets.token_hex(4)}"
