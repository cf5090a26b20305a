"""The profile `monitoring`, whose Alertmanager notifies a mail server and a webhook on this host."""

import json
import time

from tests.deployment.compose.containers import Containers, free_port
from tests.deployment.monitoring.durations import scaled
from tests.support.http_client.connection import fetch
from tests.support.notifications import Mail, MailServer, Webhook

RUNBOOKS = "https://git.example.org/bobbin/docs/runbooks"
# Alerts that may be active beside a failure: about the disk of this machine, and of `make test-alert`.
FOREIGN = {"DiskNearlyFull", "TestAlert"}


class Operators:
    """The mails and alerts that the operators of the containers receive."""

    def __init__(self, stack: Containers, *, is_short: bool) -> None:
        self.stack = stack
        self.mail = MailServer("0.0.0.0", free_port())
        self.watchdog = Webhook("0.0.0.0")
        self.services = self._services()
        self.settings: dict[str, str] = {}
        if is_short:
            deploy = stack.folder / "deploy"
            paths = ["prometheus/prometheus.yml", "prometheus/rules/alerts.yml", "alertmanager/routes.yml"]
            self.originals = {deploy / path: (deploy / path).read_text() for path in paths}
        else:
            self.originals = {}

    def _services(self) -> list[str]:
        services = json.loads(self.stack.compose("--profile", "*", "config", "--format", "json"))["services"]
        # Where base images are replaced, an override may leave out Grafana.
        return [name for name, service in services.items() if service.get("profiles") == ["monitoring"]]

    def __enter__(self) -> "Operators":
        self.mail.start()
        self.watchdog.__enter__()
        for path, text in self.originals.items():
            path.write_text(scaled(text))
        host = self._address_of_this_host()
        self.settings = {
            "ALERT_EMAIL_TO": "operators@example.org",
            "ALERT_SMTP_HOST": f"{host}:{self.mail.port}",
            "ALERT_SMTP_TLS": "false",
            "ALERT_WATCHDOG_URL": f"http://{host}:{self.watchdog.port}/",
            "RUNBOOKS": RUNBOOKS,
        }
        self.stack.env |= self.settings
        self._remove_earlier_series()
        self.stack.compose("up", "--detach", "--wait", *self.services)
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.compose("rm", "--stop", "--force", *self.services)
        for path, text in self.originals.items():
            path.write_text(text)
        for name in self.settings:
            del self.stack.env[name]
        self.watchdog.__exit__()
        self.mail.stop()

    def _remove_earlier_series(self) -> None:
        """Remove the series of earlier tests, whose restarts of workers and errors would fire alerts here."""
        self.stack.compose("rm", "--stop", "--force", *self.services)
        project = self.stack.env["COMPOSE_PROJECT_NAME"]
        volumes = [f"{project}_{name}" for name in ("prometheus", "alertmanager")]
        self.stack.run("docker", "volume", "rm", "--force", *volumes)

    def _address_of_this_host(self) -> str:
        network = f"{self.stack.env['COMPOSE_PROJECT_NAME']}_edge"
        form = "{{(index .IPAM.Config 0).Gateway}}"
        return self.stack.run("docker", "network", "inspect", "--format", form, network).strip()

    # --- What arrived ---
    def mails(self, status: str = "") -> list[Mail]:
        """Return the mails, of a status or a severity that is in brackets before the subject."""
        mails = [mail for mail in self.mail.mails if mail.subject.rpartition(": ")[2] not in FOREIGN]
        return [mail for mail in mails if mail.subject.startswith(f"[{status}")]

    def silence(self) -> float:
        """Return the seconds since Watchdog last arrived, or since the start of the receiver."""
        received = self.watchdog.received
        return time.time() - received[-1].at if received else 0

    def alerts(self, state: str = "") -> set[str]:
        """Return the alerts of Alertmanager, of one state: `active` or `suppressed`."""
        address = f"http://{self.stack.env['PUBLISH_ALERTMANAGER']}"
        try:
            known = json.loads(fetch(address, "GET", "/api/v2/alerts", timeout=5).body)
        except (OSError, ValueError):
            return set()
        names = {one["labels"]["alertname"] for one in known if one["status"]["state"].startswith(state)}
        return names - FOREIGN

    def wait_until_well(self, seconds: float) -> None:
        """Wait until Watchdog is the only alert."""
        wait(lambda: self.alerts() == {"Watchdog"}, seconds, lambda: f"still active: {self.alerts()}")


def wait(ready, seconds: float, reason) -> float:
    """Wait until `ready()` is true; return the seconds this took."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < seconds, f"after {seconds:g} s: {reason()}"
        time.sleep(0.5)
    return time.monotonic() - began
