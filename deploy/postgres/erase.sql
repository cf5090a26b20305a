-- Repeats erasures in a restored database before it is used. psql reads it after the rows of `known`
-- (replacing.sh, erase_again). It deletes the same rows as accounts/, messaging/ and notifications/erasure.py;
-- tests/integration/accounts/test_restored_erasures.py compares the results. It also empties the tables of sessions
-- and of failed log-ins.
BEGIN;
SELECT format('SET ROLE %I', tableowner) FROM pg_tables WHERE tablename = 'accounts_user' \gexec

-- Backups of earlier releases contain sessions and failed log-ins.
SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') FROM pg_tables
WHERE schemaname = 'public' AND (tablename IN ('accounts_session', 'django_session') OR tablename LIKE 'axes\_%')
\gexec

-- They do not have this table (accounts/migrations/0003_erasure.py).
SET LOCAL client_min_messages = warning;
CREATE TABLE IF NOT EXISTS accounts_erasure (
  user_id bigint PRIMARY KEY, erased_at timestamptz NOT NULL, erased_by_id bigint
);

-- The same ids in a database that was created at another time belong to other users.
DELETE FROM known WHERE born IS DISTINCT FROM (
  SELECT min(applied) FROM django_migrations WHERE app = 'accounts' AND name = '0001_initial'
);
INSERT INTO accounts_erasure (user_id, erased_at, erased_by_id)
SELECT DISTINCT ON (user_id) user_id, erased_at, erased_by_id FROM known WHERE user_id IS NOT NULL
ORDER BY user_id, erased_at
ON CONFLICT DO NOTHING;
-- Never assign an id twice, not even an id that was assigned after the backup.
SELECT setval(pg_get_serial_sequence('accounts_user', 'id'), GREATEST(
  (SELECT last_value FROM accounts_user_id_seq), (SELECT max(last_id) FROM known),
  (SELECT max(user_id) FROM accounts_erasure)
)) AS last_id \gset

CREATE TEMP TABLE gone AS
SELECT u.id, u.username FROM accounts_user u JOIN accounts_erasure e ON e.user_id = u.id AND u.date_joined <= e.erased_at;
CREATE TEMP TABLE gone_conversation AS
SELECT id FROM messaging_conversation WHERE low_id IN (SELECT id FROM gone) OR high_id IN (SELECT id FROM gone);
CREATE TEMP TABLE gone_message AS
SELECT id FROM messaging_message WHERE conversation_id IN (TABLE gone_conversation);

DELETE FROM notifications_notification WHERE message_id IN (TABLE gone_message);
DELETE FROM messaging_messagehistory WHERE message_id IN (TABLE gone_message);
SELECT 'DELETE FROM messaging_thread WHERE root_id IN (TABLE gone_message)'
WHERE to_regclass('messaging_thread') IS NOT NULL \gexec
DELETE FROM messaging_message WHERE id IN (TABLE gone_message);
DELETE FROM messaging_participant WHERE conversation_id IN (TABLE gone_conversation);
DELETE FROM messaging_conversation WHERE id IN (TABLE gone_conversation);
UPDATE django_admin_log SET object_repr = 'Failed log-in' FROM gone
WHERE content_type_id IN (SELECT id FROM django_content_type WHERE app_label = 'axes')
  AND starts_with(upper(object_repr), upper('Failed access: user ' || username || ' '));
WITH kind AS (SELECT id FROM django_content_type WHERE app_label = 'accounts' AND model = 'user'),
forgotten AS (
  DELETE FROM django_admin_log
  WHERE content_type_id = (TABLE kind) AND object_id IN (SELECT id::text FROM gone) AND action_flag <> 3
)
UPDATE django_admin_log SET object_repr = 'Member ' || object_id, change_message = ''
WHERE content_type_id = (TABLE kind) AND object_id IN (SELECT id::text FROM gone) AND action_flag = 3;

-- All other foreign keys to users: delete rows whose key is NOT NULL, and set the other keys to NULL.
SELECT format(
  CASE WHEN a.attnotnull THEN 'DELETE FROM %1$s WHERE %2$I IN (SELECT id FROM gone)'
    ELSE 'UPDATE %1$s SET %2$I = NULL WHERE %2$I IN (SELECT id FROM gone)' END, c.conrelid::regclass, a.attname
)
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid = 'accounts_user'::regclass AND cardinality(c.conkey) = 1
\gexec
DELETE FROM accounts_user WHERE id IN (SELECT id FROM gone);
-- Deferred constraints are checked now. If rows above were missed, the restore fails and changes nothing.
COMMIT;
SELECT (SELECT count(*) FROM gone), COALESCE((SELECT max(until)::text FROM known), 'never');
