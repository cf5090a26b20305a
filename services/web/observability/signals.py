"""A `receiver` decorator that counts the calls in `bobbin_signals_total`."""

import functools
from collections.abc import Callable
from typing import Any

from django import dispatch

from observability import metrics

Receiver = Callable[..., Any]


def receiver(
    signal: dispatch.Signal, *, sender: Any, dispatch_uid: str, refuses: tuple[type[Exception], ...] = ()
) -> Callable[[Receiver], Receiver]:
    """Like Django's `receiver`, but for one sender and connected once. Counts each call as ok or failed.

    `refuses` are exceptions that report a refusal to the user, such as "changed meanwhile". They count as ok.
    """
    ok, failed = (
        metrics.suppress_errors(metrics.SIGNALS.labels(dispatch_uid, outcome).inc)
        for outcome in ("ok", "failed")
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
