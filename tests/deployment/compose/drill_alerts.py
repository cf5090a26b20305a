"""Failures of containers under load: the operators get one mail, in time, and another after the end.

`make drill-alerts` runs all with the durations of the shipped rules, and `make test-stack` a few with shorter
ones.
"""

import os
import time
from typing import NamedTuple

import pytest

from tests.deployment.compose.operators import Operators, wait
from tests.deployment.compose.sending import Load
from tests.support.notifications import MailServer

DRILL = os.environ.get("DRILL_ALERTS") == "1"
SECONDS = {"critical": 180, "warning": 600}  # The mail arrives in this time.
WATCHDOG_PERIOD = 300  # The service behind ALERT_WATCHDOG_URL raises an alarm after this silence.
END_SECONDS = 600
KINDS = {
    "stop": (["stop"], ["start"]),
    "kill": (["kill"], ["start"]),
    "freeze": (["pause"], ["unpause"]),
}
EVERYTHING = "everything"


class Expected(NamedTuple):
    alert: str
    severity: str
    inhibited: frozenset[str] = frozenset()  # The outage lasts until these are active too.


SITE_DOWN = Expected("SiteDown", "critical")
TARGET_MISSING = Expected("TargetMissing", "warning")
NGINX_DOWN = Expected("NginxDown", "critical", frozenset({"SiteDown"}))
ALERTS = {
    EVERYTHING: Expected("NginxDown", "critical", frozenset({"SiteDown", "EventsDown"})),
    "web": SITE_DOWN,
    "nginx": NGINX_DOWN,
    "events": Expected("EventsDown", "warning"),
    "postgres": Expected("DatabaseUnreachable", "critical", frozenset({"SiteDown"})),
    "redis": Expected("RedisUnreachable", "warning", frozenset({"EventsDown"})),
    "metrics": Expected("BobbinMissing", "critical"),
    "counter-audit": Expected("CounterAuditStopped", "warning"),
    "backup": Expected("BackupTooOld", "warning"),
    **dict.fromkeys(
        ["postgres-exporter", "redis-exporter", "nginx-exporter", "blackbox-exporter", "node-exporter"],
        TARGET_MISSING,
    ),
    # No mail: the absence of Watchdog.
    "prometheus": Expected("Watchdog", "warning"),
    "alertmanager": Expected("Watchdog", "warning"),
}
# Services without a case, and the reason.
NOT_DRILLED = {
    "caddy": "SiteDown reports it where PROBE_URL is set.",
    "clear-sessions": "The site refuses expired sessions before they are deleted.",
    "grafana": "Only shows what Prometheus has stored.",
    "migrate": "Ends before the site starts.",
    "nginx-settings": "Ends before the site starts.",
    "privacy-probe": "PrivacyProbeStopped requires half an hour of runs; promtool tests it.",
}
OTHERS = {("web", "stop"): Expected("WorkersMissing", "critical", frozenset({"SiteDown"}))}
# One part after the other, because three restarts of `web` in 15 minutes are worth an alert of their own.
ALL = [(part, kind) for kind in KINDS for part in ALERTS]
SHORT = [(EVERYTHING, "kill"), ("web", "stop"), ("redis", "stop")]
DRILLS = ALL if DRILL else SHORT


@pytest.fixture(scope="module")
def operators(stack, members):
    with Operators(stack, is_short=not DRILL) as made:
        made.wait_until_well(300)
        yield made


@pytest.mark.parametrize(("part", "kind"), DRILLS, ids=[f"{part}-{kind}" for part, kind in DRILLS])
def test_a_failure_is_notified_once_and_loses_nothing(part, kind, stack, members, operators, record_property):
    expected = OTHERS.get((part, kind), ALERTS[part])
    services = ["web", "nginx", "events"] if part == EVERYTHING else [part]
    operators.wait_until_well(END_SECONDS)  # A case that failed leaves alerts, whose end is mailed.
    fail, recover = KINDS[kind]
    with Load(stack, members) as load:
        operators.mail.mails.clear()
        began = time.time()
        stack.compose(*fail, *services)
        try:
            notified = wait_for_the_notification(operators, expected) - began
            for alert in expected.inhibited:
                wait(lambda alert=alert: alert in operators.alerts("suppressed"), 300, operators.alerts)
        finally:
            recovered = time.time()
            stack.compose(*recover, *services)
        ended = wait_for_the_end(operators, expected) - recovered
        load.wait_for_more()
    operators.wait_until_well(END_SECONDS)

    checked = load.audit()
    sends = load.acknowledged()
    times = f"notified after {notified:.0f} s, its end after {ended:.0f} s"
    record_property("figure", f"{part} {kind}: {expected.alert} {times}; {sends} sends, {checked.lost} lost")
    assert checked.is_clean, str(checked)
    mails = [] if expected.alert == "Watchdog" else [expected.severity, "resolved"]
    assert [mail.subject for mail in operators.mails()] == [
        f"[{state}] Bobbin: {expected.alert}" for state in mails
    ]


def test_every_service_has_a_case_or_a_reason(stack):
    services = set(stack.compose("--profile", "*", "config", "--services").split())

    assert services == (ALERTS.keys() - {EVERYTHING}) | NOT_DRILLED.keys()


def wait_for_the_notification(operators: Operators, expected: Expected) -> float:
    """Return the time of the mail, or of the alarm that Watchdog is missing."""
    seconds = SECONDS[expected.severity]
    if expected.alert == "Watchdog":
        wait(lambda: operators.silence() > WATCHDOG_PERIOD, seconds, lambda: "Watchdog still arrives")
        return operators.watchdog.received[-1].at + WATCHDOG_PERIOD
    wait(operators.mails, seconds, lambda: f"no mail; active alerts: {operators.alerts()}")
    return operators.mails()[0].at


def wait_for_the_end(operators: Operators, expected: Expected) -> float:
    if expected.alert == "Watchdog":
        wait(lambda: operators.silence() < WATCHDOG_PERIOD, END_SECONDS, lambda: "Watchdog does not arrive")
        return operators.watchdog.received[-1].at
    wait(lambda: operators.mails("resolved"), END_SECONDS, lambda: f"still active: {operators.alerts()}")
    return operators.mails("resolved")[0].at


def test_test_alert_is_mailed(stack, operators):
    operators.mail.mails.clear()

    assert "Delivered." in stack.make("test-alert")

    assert operators.mail.mails[0].subject.endswith(": TestAlert")


def test_test_alert_reports_a_mail_server_that_does_not_answer(stack, operators):
    operators.mail.stop()
    try:
        said = stack.make("test-alert", status=2)
    finally:
        operators.mail = MailServer("0.0.0.0", operators.mail.port)  # A stopped one cannot start again.
        operators.mail.start()

    assert "it was not delivered" in said
    assert "connection refused" in said
