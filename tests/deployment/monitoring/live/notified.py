"""A monitored site with Alertmanager, a mail server and webhooks, all with shorter durations."""

import json
import os
import shutil
import signal
import ssl
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import AuthResult

from scripts.embedded import processes
from scripts.embedded.servers import servers
from tests.deployment.monitoring.durations import scaled
from tests.deployment.monitoring.live.monitored import Monitored, free_ports
from tests.deployment.monitoring.rules import ROOT
from tests.support.harmed_valkey import until
from tests.support.http_client.connection import fetch
from tests.support.notifications import Mail, MailServer, Webhook
from tests.support.tls import make_certificates

SOURCES = ROOT / "deploy/alertmanager"
RUNBOOKS = "https://git.example.org/bobbin/docs/runbooks"
USER, PASSWORD = "bobbin", 'a "quoted" \\ password'
# Alerts about this machine, which may be active: its disk.
FOREIGN = {"DiskNearlyFull"}


class Notified(Monitored):
    """Has its own PostgreSQL: other tests create an unused replication slot in that of the test run."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        sockets, _ = self.enter_context(servers(folder, folder / "log", folder, forgetful=True))
        self.environment["POSTGRES_HOST"] = str(sockets)
        self.ports |= dict(zip(("alertmanager", "mail"), free_ports(2), strict=True))
        self.webhook = self.enter_context(Webhook("127.0.0.1"))
        self.watchdog = self.enter_context(Webhook("127.0.0.1"))
        self._mail = self.enter_context(self._mail_server())

    def _mail_server(self) -> MailServer:
        """Return a server as on the internet: it requires TLS and a password."""
        make_certificates(self.folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.folder / "server.pem", self.folder / "server.key")
        return MailServer(
            "localhost", self.ports["mail"], tls_context=context, require_starttls=True,
            auth_required=True, authenticator=_authenticate,
            # Alertmanager does not understand the prompts of aiosmtpd for LOGIN.
            auth_exclude_mechanism=["LOGIN"],
        )  # fmt: skip

    # --- Start and stop of the parts ---
    def start_prometheus(self) -> None:
        if "alertmanager" not in self.children:
            self._start_alertmanager()
        super().start_prometheus(
            # Otherwise Alertmanager keeps an alert for four minutes after the end of Prometheus.
            "--rules.alert.resend-delay=1s",
            "--enable-feature=expand-external-labels",  # The default since Prometheus 3.
            alertmanager=self.ports["alertmanager"],
            RUNBOOKS=RUNBOOKS,
        )

    def _start_alertmanager(self) -> None:
        folder = self.folder / "alertmanager"
        shutil.copytree(SOURCES, folder)
        (folder / "routes.yml").write_text(scaled((SOURCES / "routes.yml").read_text()))
        (self.folder / "smtp_password").write_text(PASSWORD)
        settings = {
            "ALERTMANAGER": "prometheus-alertmanager",
            "ALERT_EMAIL_TO": "operators@example.org",
            "ALERT_SMTP_HOST": f"localhost:{self.ports['mail']}",
            "ALERT_SMTP_USER": USER,
            "ALERT_SMTP_PASSWORD_FILE": str(self.folder / "smtp_password"),
            "ALERT_WEBHOOK_URL": f"http://127.0.0.1:{self.webhook.port}/",
            "ALERT_WATCHDOG_URL": f"http://127.0.0.1:{self.watchdog.port}/",
            "SSL_CERT_FILE": str(self.folder / "ca.pem"),
            "TMPDIR": str(self.folder),
        }
        options = [
            f"--storage.path={self.folder / 'notifications'}",
            "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{self.ports['alertmanager']}",
        ]
        command = ["sh", folder / "start.sh", *options]
        self._run("alertmanager", command, env=processes.BARE_ENVIRONMENT | settings)

    def stop(self, *names: str) -> None:
        for name in names:
            self._end(name, signal.SIGTERM)

    def kill(self, *names: str) -> None:
        """Send SIGKILL to all processes of these parts."""
        for name in names:
            self._end(name, signal.SIGKILL)

    def _end(self, name: str, number: signal.Signals) -> None:
        process = self.children[name].process
        group = number is signal.SIGKILL
        os.killpg(process.pid, number) if group else process.send_signal(number)
        process.wait(60)

    # --- What arrived ---
    def mails(self) -> list[Mail]:
        return [mail for mail in self._mail.mails if mail.subject.rpartition(": ")[2] not in FOREIGN]

    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails()]

    def webhooks(self) -> list[tuple[str, str]]:
        """Return status and alert of each notification at the webhook."""
        received = [each.notification for each in self.webhook.received]
        found = [(each["status"], each["commonLabels"]["alertname"]) for each in received]
        return [each for each in found if each[1] not in FOREIGN]

    def clear(self) -> None:
        self._mail.mails.clear()
        self.webhook.received.clear()

    def alerts(self, state: str = "") -> set[str]:
        """Return the alerts of Alertmanager, of one state: `active` or `suppressed`."""
        address = f"http://127.0.0.1:{self.ports['alertmanager']}"
        known: list[dict[str, Any]] = json.loads(fetch(address, "GET", "/api/v2/alerts").body)
        names = {each["labels"]["alertname"] for each in known if each["status"]["state"].startswith(state)}
        return names - FOREIGN

    def wait_until_well(self) -> None:
        until(lambda: self.alerts() == {"Watchdog"}, 120)


def _authenticate(server, session, envelope, mechanism, data) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))
