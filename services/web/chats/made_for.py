"""Signed tokens that record which account a name meant when a form was made (docs/decisions/0014).

A token contains the time. If the server had already searched for the name, the token also contains digests of
the name and of the account. Digests keep the ids of users out of pages, and keep every token short. The
digest of an account depends on its name, because otherwise tokens would show that two names were one account.
"""

from datetime import UTC, datetime
from typing import Any

from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

SALT = "chats.made_for"
LONGEST = 300  # Characters; a token has about 150.


def token(name: str = "", account_id: int | None = None) -> str:
    """Return the token of a form that is made now. `account_id` is of the account that has `name` now."""
    made: dict[str, Any] = {"at": timezone.now().timestamp()}
    if account_id is not None:
        made |= {"name": _digest(name), "account": _digest(account_id, name)}
    return signing.dumps(made, salt=SALT)


def reason_to_refuse(value: str, name: str, account: Any) -> str:
    """Return a reason why the form may be meant for another account than `account`, or an empty string.

    `account` is the account that has `name` now.
    """
    made = _load(value)
    if not made:
        return _("This form was damaged on its way.")
    if made.get("name") == _digest(name):
        if made["account"] == _digest(account.pk, name):
            return ""
        return _("The name “%(name)s” has gone to another account since this form was made.") % {"name": name}
    if account.named_at and account.named_at > datetime.fromtimestamp(made["at"], UTC):
        text = _("The name “%(name)s” may have gone to another account since this form was made.")
        return text % {"name": name}
    return ""


def is_for(value: str, name: str, account: Any) -> bool:
    """Return whether `name` meant `account` when the form was made, as far as the token says."""
    made = _load(value)
    return made.get("name") == _digest(name) and made["account"] == _digest(account.pk, name)


def _load(value: str) -> dict[str, Any]:
    """Return the content of a token, or an empty dictionary if `value` is not a valid token."""
    try:
        return dict(signing.loads(value[:LONGEST], salt=SALT))  # The signature of a longer value is cut.
    except signing.BadSignature:
        return {}


def _digest(*values: Any) -> str:
    return salted_hmac(SALT, " ".join(map(str, values)), algorithm="sha256").hexdigest()[:16]
