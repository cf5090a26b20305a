"""Give messages ids in the order of time (messaging/numbering.py, docs/decisions/0016).

One transaction, which keeps everybody else out: no page may see half of it. Whatever points to a message by a
foreign key follows. Keys and indexes are dropped and made again as they were: that is faster than to update
them row by row. The way back keeps the ids, which the release before can use: its sequence goes on above them.
"""

from django.db import migrations

LOCK = [
    "LOCK TABLE messaging_message IN ACCESS EXCLUSIVE MODE",
    "SET LOCAL statement_timeout = 0",
    "SET CONSTRAINTS ALL IMMEDIATE",
]
# Replies that claim to be older than what they answer take its time: they have to stand after it.
TIMES = """
CREATE TEMPORARY TABLE renumbered ON COMMIT DROP AS
WITH RECURSIVE disordered AS (
  SELECT DISTINCT m.thread FROM messaging_message m JOIN messaging_message p ON p.id = m.parent_message_id
  WHERE m.timestamp < p.timestamp
), placed AS (
  SELECT m.id, m.timestamp AS at FROM messaging_message m JOIN disordered d ON m.id = d.thread
  UNION ALL
  SELECT m.id, GREATEST(m.timestamp, p.at) FROM messaging_message m JOIN placed p ON m.parent_message_id = p.id
), timed AS (
  SELECT m.id, GREATEST(LEAST(COALESCE(p.at, m.timestamp), now()), to_timestamp(0.001)) AS at
  FROM messaging_message m LEFT JOIN placed p USING (id)
), wanted AS (
  SELECT id, (floor(extract(epoch FROM at) * 1000)::bigint << 10)
    | (floor(extract(epoch FROM at) * 1000000)::bigint % 1000) AS pk FROM timed
), in_order AS (
  SELECT id, pk, row_number() OVER (ORDER BY pk, id) AS place FROM wanted
)
SELECT id AS old, max(pk - place) OVER (ORDER BY place) + place AS new FROM in_order
"""
RENUMBER = """
DO $$
DECLARE
  again text[]; statement text; key record; gap bigint := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM renumbered WHERE old <> new) THEN RETURN; END IF;
  CREATE UNIQUE INDEX ON renumbered (old);
  ANALYZE renumbered;
  -- An old id may be another message's new one: then all old ones make room first.
  IF EXISTS (SELECT FROM renumbered r JOIN renumbered o ON o.old = r.new AND r.old <> r.new) THEN
    gap := 1::bigint << 60;
  END IF;
  FOR key IN
    SELECT i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS made FROM pg_index i
    WHERE i.indrelid = 'messaging_message'::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
  LOOP
    again := again || key.made;
    EXECUTE format('DROP INDEX %s', key.name);
  END LOOP;
  FOR key IN
    SELECT c.conrelid::regclass AS holder, c.conname, pg_get_constraintdef(c.oid) AS made, a.attname AS field
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND c.confrelid = 'messaging_message'::regclass
  LOOP
    again := again || format('ALTER TABLE %s ADD CONSTRAINT %I %s', key.holder, key.conname, key.made);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', key.holder, key.conname);
    IF key.holder <> 'messaging_message'::regclass THEN
      EXECUTE format('UPDATE %s t SET %I = r.new + $1 FROM renumbered r WHERE t.%I = r.old', key.holder,
                     key.field, key.field) USING gap;
      IF gap > 0 THEN
        EXECUTE format('UPDATE %s SET %I = %I - $1 WHERE %I >= $1', key.holder, key.field, key.field, key.field)
        USING gap;
      END IF;
    END IF;
  END LOOP;
  IF gap > 0 THEN
    UPDATE messaging_message
    SET id = id + gap, parent_message_id = parent_message_id + gap, thread_root_id = thread_root_id + gap;
  END IF;
  UPDATE messaging_message m SET id = r.new, parent_message_id = parent.new, thread_root_id = root.new
  FROM renumbered r, messaging_message before
    LEFT JOIN renumbered parent ON parent.old + gap = before.parent_message_id
    LEFT JOIN renumbered root ON root.old + gap = before.thread_root_id
  WHERE m.id = r.old + gap AND before.id = m.id;
  -- The last message of a conversation may be another one now.
  UPDATE messaging_participant p SET last_message_id = last.id FROM (
    SELECT conversation_id, max(id) AS id FROM messaging_message GROUP BY conversation_id
  ) AS last WHERE last.conversation_id = p.conversation_id AND last.id IS DISTINCT FROM p.last_message_id;
  -- What administrators did, with ids as text and without a key.
  IF to_regclass('django_admin_log') IS NOT NULL THEN
    UPDATE django_admin_log entry SET object_id = r.new::text FROM renumbered r, django_content_type kind
    WHERE kind.id = entry.content_type_id AND (kind.app_label, kind.model) = ('messaging', 'message')
      AND entry.object_id = r.old::text;
  END IF;
  FOREACH statement IN ARRAY again LOOP EXECUTE statement; END LOOP;
END $$
"""
# A process of the release before, which still runs, draws ids from the sequence.
SEQUENCE = """
SELECT setval(pg_get_serial_sequence('messaging_message', 'id'), max(id)) FROM messaging_message
HAVING max(id) > 0
"""


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_message_search")]

    operations = [
        migrations.RunSQL(
            sql=[*LOCK, TIMES, RENUMBER, SEQUENCE],
            reverse_sql=[*LOCK, SEQUENCE],
        )
    ]
