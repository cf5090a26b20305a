# shellcheck shell=sh
# The steps of a restore, read by restore.sh here and by scripts/restore.sh. Whoever reads this has
#   run DATABASE SQL   to have PostgreSQL do something, as its superuser
#   script DATABASE    to have it do what comes from standard input
#   load DATABASE      to put the backup into a database that is empty
#   lists              to print the lists of erasures that lie beside the backups
#   fail TEXT          to say why it ends, and end

# Nobody may write what would be lost with the old database. Should we fail, it is open again.
close_database() { # what to do where somebody uses it
  # A superuser still gets in: the list of erasures is read when nobody can erase any more.
  run postgres "ALTER DATABASE bobbin CONNECTION LIMIT 0"
  trap 'run postgres "ALTER DATABASE bobbin CONNECTION LIMIT -1 ALLOW_CONNECTIONS true"' EXIT
  trap 'exit 130' INT TERM HUP
  run postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'bobbin' AND usename = 'bobbin_monitor'" >/dev/null
  others=$(run postgres "SELECT string_agg(DISTINCT usename || ' from ' || coalesce(host(client_addr), 'here'), ', ')
    FROM pg_stat_activity WHERE datname = 'bobbin'")
  [ -z "$others" ] || fail "the database is in use ($others)$1"
  erased_until_now=
  [ -z "$(run bobbin "SELECT to_regclass('accounts_erasure')")" ] || erased_until_now=$(list_erasures infinity)
  run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS false"
}

# As backup.sh writes it beside each backup. What is read here is known for as long as it takes.
list_erasures() { # until when it is complete
  run bobbin "COPY (
    SELECT m.born, timestamptz '$1', s.last_value, e.user_id, e.erased_at, e.erased_by_id
    FROM (SELECT min(applied) FROM django_migrations WHERE app = 'accounts' AND name = '0001_initial') AS m (born)
    CROSS JOIN accounts_user_id_seq s LEFT JOIN accounts_erasure e ON true
  ) TO STDOUT"
}

# Each list beside the backups against its checksum. One of an earlier release has none; one that is missing is said later.
check_lists() { # FOLDER
  damaged=$(cd "$1" && cat bobbin-*.dump.sha256 2>/dev/null | while read -r sum list; do
    case $list in
    *.erased) [ ! -f "$list" ] || echo "$sum  $list" | sha256sum --check --status || echo " $list" ;;
    esac
  done)
  [ -z "$damaged" ] || fail "the list of erased members is damaged:$damaged"
}

# Members who were erased after the backup was made do not come back.
erase_again() {
  answer=$({
    echo "CREATE TEMP TABLE known (born timestamptz, until timestamptz, last_id bigint,
      user_id bigint, erased_at timestamptz, erased_by_id bigint);
      GRANT ALL ON known TO PUBLIC;
      COPY known FROM stdin;"
    [ -z "$erased_until_now" ] || printf '%s\n' "$erased_until_now"
    lists
    echo '\.'
    cat "$ERASE_SQL"
  } | script bobbin_restoring) || fail "the erasures since the backup could not be repeated; the old database is as it was"
  echo "${answer%%|*} members who were erased after the backup was made are erased again."
  case ${answer##*|} in
  infinity) echo "The database of before names every erasure until now." ;;
  never)
    echo "No list of erasures belongs to this backup. Erasures after it was made are unknown:"
    echo "members who have erased their account since then are back, and must be erased again."
    ;;
  *)
    echo "The lists beside the backups name erasures until ${answer##*|}. Erasures after that are unknown:"
    echo "members who have erased their account since then are back, and must be erased again."
    ;;
  esac
}

# The old one is touched only when the new one is complete; it stays, closed, under a name with the time.
replace_database() {
  run postgres "DROP DATABASE IF EXISTS bobbin_restoring"
  run postgres "CREATE DATABASE bobbin_restoring OWNER bobbin_owner TEMPLATE template0
    ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
  load bobbin_restoring || fail "the backup could not be restored; the old database is as it was"
  erase_again
  script bobbin_restoring <"$RIGHTS_SQL" || fail "the rights could not be given; the old database is as it was"
  run bobbin_restoring ANALYZE
  while # Two restores within one second would want the same name.
    kept=bobbin_before_restore_$(date -u +%Y%m%d%H%M%S)
    [ -n "$(run postgres "SELECT 1 FROM pg_database WHERE datname = '$kept'")" ]
  do sleep 1; done
  run postgres "BEGIN; ALTER DATABASE bobbin RENAME TO $kept;
    ALTER DATABASE bobbin_restoring RENAME TO bobbin; COMMIT"
  trap - EXIT
}
