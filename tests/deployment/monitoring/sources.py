"""The series of each scrape job: ours from the code, those of other programs by name."""

from tests.support.metrics_catalog import catalog

# Series of other programs that dashboards and rules use, by scrape job. `make test-monitoring` compares
# these with the series that the programs export.
DJANGO = {
    "django_db_errors_total",
    "django_db_execute_total",
    "django_db_query_duration_seconds",
    "django_http_exceptions_total_by_type_total",
}
POSTGRES = {
    "pg_database_size_bytes",
    "pg_replication_is_replica",
    "pg_replication_lag_seconds",
    "pg_replication_slot_slot_is_active",
    "pg_replication_slots_active",
    "pg_settings_max_connections",
    "pg_stat_archiver_failed_count",
    "pg_stat_activity_count",
    "pg_stat_activity_max_tx_duration",
    "pg_stat_database_blks_hit",
    "pg_stat_database_blks_read",
    "pg_stat_database_conflicts",
    "pg_stat_database_deadlocks",
    "pg_stat_database_temp_bytes",
    "pg_stat_database_tup_deleted",
    "pg_stat_database_tup_fetched",
    "pg_stat_database_tup_inserted",
    "pg_stat_database_tup_updated",
    "pg_stat_database_xact_commit",
    "pg_stat_database_xact_rollback",
    "pg_up",
}
REDIS = {
    "redis_commands_duration_seconds_total",
    "redis_commands_processed_total",
    "redis_commands_total",
    "redis_connected_clients",
    "redis_db_keys",
    "redis_evicted_keys_total",
    "redis_expired_keys_total",
    "redis_memory_max_bytes",
    "redis_memory_used_bytes",
    "redis_up",
}
NGINX = {
    "nginx_connections_accepted",
    "nginx_connections_handled",
    "nginx_connections_reading",
    "nginx_connections_waiting",
    "nginx_connections_writing",
    "nginx_http_requests_total",
    "nginx_up",
}
PROBE = {"probe_ssl_earliest_cert_expiry", "probe_success"}
NODE = {
    "bobbin_archive_waiting_seconds",
    "bobbin_backup_last_success_timestamp_seconds",
    "bobbin_backup_service_timestamp_seconds",
    "bobbin_base_backup_last_success_timestamp_seconds",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
}
# Series that Prometheus adds: for every target, and ALERTS for pending or firing alerts.
PROMETHEUS = {"ALERTS", "scrape_duration_seconds", "scrape_samples_scraped", "up"}
# Series of the kubelet and of CloudNativePG, which only Kubernetes has.
KUBERNETES = {
    "cnpg_collector_last_available_backup_timestamp",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
BY_JOB = {
    "bobbin": DJANGO,
    "bobbin-postgres": POSTGRES,
    "bobbin-redis": REDIS,
    "bobbin-nginx": NGINX,
    "bobbin-node": NODE,
    "bobbin-probe": PROBE,
}
OTHERS = set().union(*BY_JOB.values()) | PROMETHEUS | KUBERNETES


def own_metrics() -> set[str]:
    return set(catalog())
