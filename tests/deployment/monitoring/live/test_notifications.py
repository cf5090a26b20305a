"""Real notifications of a real outage arrive: one for each cause, and one after its end."""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deployment.monitoring.live.notified import RUNBOOKS, Notified
from tests.deployment.monitoring.rules import rules
from tests.support.harmed_valkey import until


class Outage(NamedTuple):
    begin: Callable[[Notified], None]
    end: Callable[[Notified], None]
    alert: str
    severity: str
    inhibited: set[str]


def start_site(site: Notified) -> None:
    site.start_web()
    site.start_events()
    site.start_nginx()


OUTAGES = {
    "nginx, web and events are killed": Outage(
        lambda site: site.kill("edge", "web", "events"),
        start_site,
        "NginxDown",
        "critical",
        {"SiteDown", "EventsDown"},
    ),
    "web is stopped": Outage(
        lambda site: site.stop("web"), Notified.start_web, "WorkersMissing", "critical", {"SiteDown"}
    ),
    "Redis is killed": Outage(
        lambda site: site.redis.stop(), Notified.start_redis, "RedisUnreachable", "warning", {"EventsDown"}
    ),
}


@pytest.fixture(scope="module")
def site():
    # The user of PostgreSQL cannot enter the folders of pytest.
    with (
        tempfile.TemporaryDirectory(prefix="notified-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        Notified(Path(folder)) as made,
    ):
        made.start()
        made.wait_until_well()
        yield made


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_sends_one_mail_and_another_after_its_end(site, name):
    outage = OUTAGES[name]
    site.clear()
    outage.begin(site)
    until(lambda: outage.inhibited <= site.alerts("suppressed"), 120)
    outage.end(site)
    until(lambda: len(site.mails()) >= 2, 120)
    site.wait_until_well()

    alert = outage.alert
    assert site.subjects() == [f"[{outage.severity}] Bobbin: {alert}", f"[resolved] Bobbin: {alert}"]
    assert site.webhooks() == [("firing", alert), ("resolved", alert)]
    assert {mail.to for mail in site.mails()} == {"operators@example.org"}
    summary = next(rule.source["annotations"]["summary"] for rule in rules("alert") if rule.name == alert)
    assert summary in site.mails()[0].text
    for mail in site.mails():
        assert re.search(rf"^Runbook: +{RUNBOOKS}/{alert}\.md$", mail.text, re.MULTILINE)


def test_watchdog_no_longer_arrives_after_prometheus_has_stopped(site):
    requests = site.watchdog.received
    before = len(requests)
    until(lambda: len(requests) > before + 1, 60)
    try:
        site.stop("prometheus")
        # It arrives every four to eight seconds here.
        until(lambda: time.time() - requests[-1].at > 15, 120)
    finally:
        site.start_prometheus()
    stopped = len(requests)
    until(lambda: len(requests) > stopped, 60)

    assert {each.notification["commonLabels"]["alertname"] for each in requests} == {"Watchdog"}
