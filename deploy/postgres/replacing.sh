# shellcheck shell=sh
# The steps of a restore, read by restore.sh here and by scripts/restore.sh. Whoever reads this has
#   run DATABASE SQL   to have PostgreSQL do something, as its superuser
#   load DATABASE      to put the backup into a database that is empty
#   fail TEXT          to say why it ends, and end

# Nobody may write what would be lost with the old database. Should we fail, it is open again.
close_database() { # what to do where somebody uses it
  run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS false"
  trap 'run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS true"' EXIT
  trap 'exit 130' INT TERM HUP
  run postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'bobbin' AND usename = 'bobbin_monitor'" >/dev/null
  others=$(run postgres "SELECT string_agg(DISTINCT usename || ' from ' || coalesce(host(client_addr), 'here'), ', ')
    FROM pg_stat_activity WHERE datname = 'bobbin'")
  [ -z "$others" ] || fail "the database is in use ($others)$1"
}

# The old one is touched only when the new one is complete; it stays, closed, as bobbin_before_restore.
replace_database() {
  run postgres "DROP DATABASE IF EXISTS bobbin_restoring"
  run postgres "CREATE DATABASE bobbin_restoring OWNER bobbin TEMPLATE template0"
  load bobbin_restoring || fail "the backup could not be restored; the old database is as it was"
  run bobbin_restoring "REVOKE CONNECT, TEMPORARY ON DATABASE bobbin_restoring FROM PUBLIC;
    GRANT CONNECT ON DATABASE bobbin_restoring TO bobbin_monitor"
  run bobbin_restoring ANALYZE
  run postgres "DROP DATABASE IF EXISTS bobbin_before_restore"
  run postgres "BEGIN; ALTER DATABASE bobbin RENAME TO bobbin_before_restore;
    ALTER DATABASE bobbin_restoring RENAME TO bobbin; COMMIT"
  trap - EXIT
}
