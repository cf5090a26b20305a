from django.db import migrations

# Where migrations run as the owner of the tables (deploy/postgres/initdb.d/20-rights.sql). Elsewhere one role
# does everything, and has nothing to give away.
NARROW = """
DO $$ BEGIN
  IF current_user = 'bobbin_owner' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'bobbin') THEN
    REVOKE UPDATE ON messaging_messagehistory FROM bobbin;
    GRANT UPDATE (edited_by_id) ON messaging_messagehistory TO bobbin;
    REVOKE UPDATE, DELETE ON accounts_erasure FROM bobbin;
    REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM bobbin;
  END IF;
END $$
"""
WIDEN = """
DO $$ BEGIN
  IF current_user = 'bobbin_owner' AND EXISTS (SELECT FROM pg_roles WHERE rolname = 'bobbin') THEN
    GRANT INSERT, UPDATE, DELETE ON messaging_messagehistory, accounts_erasure, django_migrations TO bobbin;
  END IF;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0005_search_in_words"),
        ("accounts", "0003_erasure"),
    ]

    operations = [migrations.RunSQL(NARROW, WIDEN)]
