-- Who owns the tables, and what the application may do with them. In the database of Bobbin, as superuser: when the
-- volume is empty, after the load of a restore, and once for a volume that is older (scripts/roles.sh). Changes
-- nothing the second time.
BEGIN;
SET LOCAL lock_timeout = '5s';
REASSIGN OWNED BY bobbin TO bobbin_owner;
SELECT format('ALTER DATABASE %I OWNER TO bobbin_owner', current_database()) \gexec
SELECT format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO bobbin, bobbin_monitor', current_database()) \gexec

-- The application reads and writes rows, of tables that migrations will make, too.
ALTER DEFAULT PRIVILEGES FOR ROLE bobbin_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO bobbin;
ALTER DEFAULT PRIVILEGES FOR ROLE bobbin_owner IN SCHEMA public GRANT SELECT, USAGE ON SEQUENCES TO bobbin;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bobbin;
GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO bobbin;

-- But what was said, and who was erased, stays as it is (messaging/migrations/0006_rights_of_the_application.py).
SELECT format('REVOKE %s ON %I FROM bobbin', rights, name)
FROM (VALUES
  ('messaging_messagehistory', 'UPDATE'), ('accounts_erasure', 'UPDATE, DELETE'),
  ('django_migrations', 'INSERT, UPDATE, DELETE')
) AS narrow (name, rights)
WHERE to_regclass(name) IS NOT NULL \gexec
SELECT 'GRANT UPDATE (edited_by_id) ON messaging_messagehistory TO bobbin'
WHERE to_regclass('messaging_messagehistory') IS NOT NULL \gexec
COMMIT;
