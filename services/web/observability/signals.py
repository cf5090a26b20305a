"""Receivers of signals, counted: `bobbin_signals_total`."""

import functools
from collections.abc import Callable
from typing import Any

from django import dispatch

from observability import metrics

# PostgreSQL answers and no migration is missing; before web or events start. Sender: DatabaseProbe.
database_ready = dispatch.Signal()

Receiver = Callable[..., Any]


def receiver(
    signal: dispatch.Signal, *, sender: Any, dispatch_uid: str, refuses: tuple[type[Exception], ...] = ()
) -> Callable[[Receiver], Receiver]:
    """Django's `receiver`, for one sender and connected once; each call counts as ok or as failed.

    `refuses`: exceptions that are an answer to the member, such as "changed meanwhile", and count as ok.
    """
    ok, failed = (
        metrics.harmless(metrics.SIGNALS.labels(dispatch_uid, outcome).inc) for outcome in ("ok", "failed")
    )

    def connect(call: Receiver) -> Receiver:
        @functools.wraps(call)
        def counted(sender: Any, **kwargs: Any) -> Any:
            try:
                answer = call(sender, **kwargs)
            except refuses:
                ok()
                raise
            except BaseException:
                failed()
                raise
            ok()
            return answer

        signal.connect(counted, sender=sender, dispatch_uid=dispatch_uid)
        return counted

    return connect
