"""The people of the verification, and what they write."""

import secrets
from typing import NamedTuple

from bobbin_verify.member import Member


class Cast(NamedTuple):
    """alice and bob write to each other; charlie must never see any of it."""

    alice: Member
    bob: Member
    charlie: Member
    alice2: Member  # Has no account yet: she comes and goes in task 2.


def text(about: str) -> str:
    """A text that occurs nowhere else."""
    return f"{about} {secrets.token_hex(4)}"
