"""Signed tokens that record which account a name meant when a form was made (docs/decisions/0014).

A token contains the time. If the server had already searched for the name, the token also contains digests of
the name and of the account. Digests keep the ids of users out of pages, and keep every token short.
"""

from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import names

SALT = "chats.made_for"
LONGEST = 300  # Characters; a token has about 150.


def token(name: str = "", account_id: int | None = None) -> str:
    """Return the token of a form that is made now. `account_id` is of the account that has `name` now."""
    made: dict[str, Any] = {"at": timezone.now().timestamp()}
    if account_id is not None:
        made |= {"name": _digest(names.key(name)), "account": _digest(account_id)}
    return signing.dumps(made, salt=SALT)


def reason_to_refuse(value: str, name: str, account: Any) -> str:
    """Return a reason why the form may be meant for another account than `account`, or an empty string.

    `account` is the account that has `name` now. Raise BadSignature if `value` is not a valid token.
    """
    if len(value) > LONGEST:
        raise signing.BadSignature
    made = signing.loads(value, salt=SALT)
    if made.get("name") == _digest(names.key(name)):
        if made["account"] == _digest(account.pk):
            return ""
        return f"The name “{name}” has gone to another account since this form was made."
    if account.named_at and account.named_at > datetime.fromtimestamp(made["at"], UTC):
        return f"The name “{name}” may have gone to another account since this form was made."
    return ""


def _digest(value: Any) -> str:
    return salted_hmac(SALT, str(value), algorithm="sha256").hexdigest()[:16]
