-- The owner of the tables, and the privileges of the application. Run it as superuser in the database of
-- Bobbin: when the volume is empty, after a restore has loaded the data, and once for an older volume
-- (scripts/roles.sh). A second run changes nothing.
BEGIN;
SET LOCAL lock_timeout = '5s';
REASSIGN OWNED BY bobbin TO bobbin_owner;
SELECT format('ALTER DATABASE %I OWNER TO bobbin_owner', current_database()) \gexec
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO bobbin, bobbin_monitor', current_database()) \gexec

-- The application reads and writes rows, also in tables that later migrations create.
ALTER DEFAULT PRIVILEGES FOR ROLE bobbin_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO bobbin;
ALTER DEFAULT PRIVILEGES FOR ROLE bobbin_owner IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO bobbin;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bobbin;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO bobbin;

-- But it cannot update the history of messages or the erasures
-- (messaging/migrations/0006_rights_of_the_application.py).
SELECT format('REVOKE %s ON %I FROM bobbin', rights, name)
FROM (VALUES
  ('messaging_messagehistory', 'UPDATE'), ('accounts_erasure', 'UPDATE, DELETE'),
  ('django_migrations', 'INSERT, UPDATE, DELETE')
) AS narrow (name, rights)
WHERE to_regclass(name) IS NOT NULL \gexec
SELECT 'GRANT UPDATE (edited_by_id) ON messaging_messagehistory TO bobbin'
WHERE to_regclass('messaging_messagehistory') IS NOT NULL \gexec
COMMIT;
