# shellcheck shell=sh
# The steps of a restore, for restore.sh in this folder and for scripts/restore.sh. Both define these
# functions:
#   run DATABASE SQL   run a statement as superuser
#   script DATABASE    run the SQL from standard input as superuser
#   load DATABASE      restore the backup into an empty database
#   known              print the migrations of the release that will use the database, as far as they are known
#   lists              print the lists of erasures next to the backups
#   fail TEXT          print the reason and exit

# Close the old database, because later writes to it would be lost. If the restore fails, it is opened again.
close_database() { # HINT, for the error if the database is in use
  # A superuser can still connect, and reads the list of erasures when no more users can be erased.
  # A restore that was killed has left the database without connections.
  run postgres "ALTER DATABASE bobbin CONNECTION LIMIT 0 ALLOW_CONNECTIONS true"
  # A backup that was refused may contain members who were erased later.
  trap '{ run postgres "ALTER DATABASE bobbin CONNECTION LIMIT -1 ALLOW_CONNECTIONS true" &&
    run postgres "DROP DATABASE IF EXISTS bobbin_restoring WITH (FORCE)"; } ||
    echo "PostgreSQL does not answer, so the database stays closed. The next restore, or make up, opens it." >&2' EXIT
  trap 'exit 130' INT TERM HUP
  run postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = 'bobbin' AND usename = 'bobbin_monitor'" >/dev/null
  others=$(run postgres "SELECT string_agg(DISTINCT usename || ' from ' || coalesce(host(client_addr), 'here'), ', ')
    FROM pg_stat_activity WHERE datname = 'bobbin'")
  [ -z "$others" ] || fail "the database is in use ($others)$1"
  # Each assignment is a command of its own, because a failed query inside a test would look like a missing table.
  applied_until_now=$(run bobbin "SELECT to_regclass('django_migrations')")
  [ -z "$applied_until_now" ] ||
    applied_until_now=$(run bobbin "COPY (SELECT app, name FROM django_migrations) TO STDOUT")
  erased_until_now=$(run bobbin "SELECT to_regclass('accounts_erasure')")
  [ -z "$erased_until_now" ] || erased_until_now=$(list_erasures infinity)
  run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS false"
}

# The same list that backup.sh writes next to each backup.
list_erasures() { # TIME until which the list is complete
  run bobbin "COPY (
    SELECT m.born, timestamptz '$1', s.last_value, e.user_id, e.erased_at, e.erased_by_id
    FROM (SELECT min(applied) FROM django_migrations WHERE app = 'accounts' AND name = '0001_initial') AS m (born)
    CROSS JOIN accounts_user_id_seq s LEFT JOIN accounts_erasure e ON true
  ) TO STDOUT"
}

# Compare each list next to the backups with its checksum. Backups of earlier releases have none. erase_again
# reports missing lists.
check_lists() { # FOLDER
  damaged=$(cd "$1" && cat bobbin-*.dump.sha256 2>/dev/null | while read -r sum list || [ -n "$sum" ]; do
    case $list in
    *.erased) [ ! -f "$list" ] || echo "$sum  $list" | sha256sum --check --status || echo " $list" ;;
    esac
  done)
  [ -z "$damaged" ] || fail "the list of erased members is damaged:$damaged"
}

# Erase again the users who were erased after the backup was made.
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
  infinity) echo "The replaced database lists every erasure until now." ;;
  never)
    echo "No list of erasures belongs to this backup. Erasures after it was made are unknown:"
    echo "members who have erased their accounts since then are back, and you must erase them again."
    ;;
  *)
    echo "The lists beside the backups contain the erasures until ${answer##*|}. Erasures after that are unknown:"
    echo "members who have erased their accounts since then are back, and you must erase them again."
    ;;
  esac
}

# Refuse a dump of a newer release, whose tables the release here does not know. The database may be that of an older
# backup, which was restored by mistake, so the migrations in the checkout count too. On a new machine there are no tables to
# compare with, and `migrate` refuses the database (services/web/observability/compatibility.py).
check_release() {
  release=$(run bobbin_restoring "SELECT obj_description('django_migrations'::regclass)::json ->> 'release'" 2>/dev/null) ||
    release=
  echo "The backup is of release ${release:-0.1.0 or earlier}."
  [ -n "$applied_until_now" ] || return 0
  newer=$({
    echo "CREATE TEMP TABLE applied (app text, name text); COPY applied FROM stdin;"
    printf '%s\n' "$applied_until_now"
    known
    echo '\.'
    echo "SELECT string_agg(m.app || '.' || m.name, ', ' ORDER BY m.id) FROM django_migrations m
      WHERE m.app IN (SELECT app FROM applied) AND (m.app, m.name) NOT IN (SELECT app, name FROM applied);"
  } | script bobbin_restoring) || fail "the migrations of the backup could not be read; the old database is as it was"
  [ -z "$newer" ] || fail "the backup is of a newer release than the database ($newer). Start that release first, \
then restore; the old database is as it was"
}

# Rename the old database only when the new one is complete. The old one is kept, closed, with the time in its
# name.
replace_database() {
  run postgres "DROP DATABASE IF EXISTS bobbin_restoring WITH (FORCE)"
  run postgres "CREATE DATABASE bobbin_restoring OWNER bobbin_owner TEMPLATE template0
    ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'" ||
    fail "no second database could be created; the old database is as it was"
  load bobbin_restoring || fail "the backup could not be restored; the old database is as it was"
  [ "$(run bobbin_restoring "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'
    AND tablename IN ('accounts_user', 'django_migrations', 'messaging_message')")" = 3 ] ||
    fail "this is a dump of another program, without Bobbin's tables; the old database is as it was"
  check_release
  erase_again
  script bobbin_restoring <"$RIGHTS_SQL" || fail "the rights could not be given; the old database is as it was"
  run bobbin_restoring ANALYZE
  while # Two restores within one second would choose the same name.
    kept=bobbin_before_restore_$(date -u +%Y%m%d%H%M%S)
    [ -n "$(run postgres "SELECT 1 FROM pg_database WHERE datname = '$kept'")" ]
  do sleep 1; done
  run postgres "BEGIN; ALTER DATABASE bobbin RENAME TO $kept;
    ALTER DATABASE bobbin_restoring RENAME TO bobbin; COMMIT"
  trap - EXIT
}
