"""The one list of what these tests let pass, each with its reason."""

# Series that nothing here gives to Prometheus, though an alert or a panel asks for them.
ABSENT = {
    "kubelet_volume_stats_available_bytes": "only on Kubernetes, where Prometheus reads the kubelet too",
    "kubelet_volume_stats_capacity_bytes": "only on Kubernetes, where Prometheus reads the kubelet too",
    "node_filesystem_avail_bytes": "only where a node exporter is read too",
    "node_filesystem_size_bytes": "only where a node exporter is read too",
    "pg_replication_is_replica": "the exporter has it from 0.12 on; Debian has 0.11",
    "pg_replication_lag_seconds": "the exporter has it from 0.12 on; Debian has 0.11",
    "pg_replication_slot_slot_is_active": "the exporter's name from 0.13 on; Debian has 0.11",
}
# Panels that may be empty: "uid panel id" and why.
EMPTY_PANELS: dict[str, str] = {}
# An alert that has no case in which it is silent.
NEVER_SILENT = {"Watchdog": "it fires always, so that its absence is noticed"}
# Runbooks of no alert.
PROCEDURES = {"cache-canary.md": "what the canary says", "import.md": "how to import messages"}
# Alerts that may or may not be pending at the end, whatever was done.
TOLD_BESIDES = {
    "AvailabilityBurnFast": "what share the failures are depends on how fast this machine does the rest",
    "AvailabilityBurnSlow": "what share the failures are depends on how fast this machine does the rest",
    "BobbinMissing": "it waits to fire until Prometheus has read everything once",
    "RequestsWait": "it depends on how fast this machine is",
    "TargetMissing": "a busy machine may take longer than the second that a scrape has here",
    "LatencyBurnFast": "it depends on how fast this machine is",
    "LatencyBurnSlow": "it depends on how fast this machine is",
}
