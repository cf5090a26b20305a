"""Which account a name meant when the form of a new message was made (docs/decisions/0014).

A signed token says when that was and, once the name was looked up, which account had it. Name and account are
digests: no page holds the id of a member, and every token is short.
"""

from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import names

SALT = "chats.made_for"
LONGEST = 300  # Characters; a token has about 150.


def token(name: str = "", account: Any = None) -> str:
    """Return the token of a form that is made now, for the account that `name` means now, if there is one."""
    made: dict[str, Any] = {"at": timezone.now().timestamp()}
    if account is not None:
        made |= {"name": _digest(names.key(name)), "account": _digest(account.pk)}
    return signing.dumps(made, salt=SALT)


def what_changed(value: str, name: str, account: Any) -> str:
    """Return why `account`, which `name` means now, may not be the one that was meant, or nothing.

    Raise BadSignature for a value that is no token.
    """
    if len(value) > LONGEST:
        raise signing.BadSignature
    made = signing.loads(value, salt=SALT)
    if made.get("name") == _digest(names.key(name)):
        if made["account"] == _digest(account.pk):
            return ""
        return f"The name “{name}” has gone to another account since this form was made."
    if account.date_joined > datetime.fromtimestamp(made["at"], UTC):
        return f"The account “{name}” is newer than this form, and may not be the one that you mean."
    return ""


def _digest(value: Any) -> str:
    return salted_hmac(SALT, str(value), algorithm="sha256").hexdigest()[:16]
