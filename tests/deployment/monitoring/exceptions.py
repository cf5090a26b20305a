"""All exceptions that these tests allow, each with its reason."""

from tests.deployment.monitoring.sources import KUBERNETES

# Series that an alert or a panel queries, but that no target exports in these tests.
ABSENT = {
    **dict.fromkeys(KUBERNETES, "only on Kubernetes"),
    "probe_ssl_earliest_cert_expiry": "only of a site with HTTPS",
    "pg_replication_is_replica": "the exporter has it from 0.12 on; Debian has 0.11",
    "pg_replication_lag_seconds": "the exporter has it from 0.12 on; Debian has 0.11",
    "pg_replication_slot_slot_is_active": "the exporter's name from 0.13 on; Debian has 0.11",
}
# Queries of panels that may be empty: "uid panel-id ref" and the reason.
EMPTY_PANELS: dict[str, str] = {}
# Alerts without a case in which they are silent.
NEVER_SILENT = {"Watchdog": "it fires always, so that its absence is noticed"}
# Runbooks that belong to no alert.
PROCEDURES = {"privacy-probe.md": "the results of the privacy probe", "import.md": "how to import messages"}
# Alerts that may or may not be active, depending on the speed of the machine.
MAY_BE_ACTIVE = {
    "DiskNearlyFull": "it is of the disk of this machine",
    "SiteDown": "a busy machine may not answer a probe in its time",
    "AvailabilityBurnFast": "what share the failures are depends on how fast this machine does the rest",
    "AvailabilityBurnSlow": "what share the failures are depends on how fast this machine does the rest",
    "BobbinMissing": "it waits to fire until Prometheus has read everything once",
    "RequestsWait": "it depends on how fast this machine is",
    "TargetMissing": "a busy machine may take longer than the second that a scrape has here",
    "LatencyBurnFast": "it depends on how fast this machine is",
    "LatencyBurnSlow": "it depends on how fast this machine is",
}
