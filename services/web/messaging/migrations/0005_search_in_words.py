"""Search in words: an index of letters instead of PostgreSQL's words (docs/decisions/0019-search.md).

The functions say the same in every locale (messaging/search/letters.py, query.py say it in Python). Like the index
of 0003 the new one is built concurrently, and can be built again when it was interrupted; the old one is dropped
once the new one is there.
"""

from django.db import migrations

SEPARATORS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab\u00ac\u00ae-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf"
    r"\u00d7\u00f7\u02c2-\u02c5\u02d2-\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff\u0375\u037e\u0384\u0385\u0387\u03f6"
    r"\u0482\u055a-\u055f\u0589-\u058f\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u0606-\u060f\u061b\u061d-\u061f"
    r"\u066a-\u066d\u06d4\u06de\u06e9\u06fd\u06fe\u0700-\u070d\u07f6-\u07f9\u07fe\u07ff\u0830-\u083e\u085e\u0888"
    r"\u0964\u0965\u0970\u09f2\u09f3\u09fa\u09fb\u09fd\u0a76\u0af0\u0af1\u0b70\u0bf3-\u0bfa\u0c77\u0c7f\u0c84"
    r"\u0d4f\u0d79\u0df4\u0e3f\u0e4f\u0e5a\u0e5b\u0f01-\u0f17\u0f1a-\u0f1f\u0f34\u0f36\u0f38\u0f3a-\u0f3d\u0f85"
    r"\u0fbe-\u0fc5\u0fc7-\u0fda\u104a-\u104f\u109e\u109f\u10fb\u1360-\u1368\u1390-\u1399\u1400\u166d\u166e"
    r"\u1680\u169b\u169c\u16eb-\u16ed\u1735\u1736\u17d4-\u17d6\u17d8-\u17db\u1800-\u180a\u1940-\u1945\u1a1e\u1a1f"
    r"\u1b5a-\u1b60\u1bfc-\u1bff\u1c3b-\u1c3f\u1c7e\u1c7f\u2000-\u200a\u2010-\u2029\u202f-\u205f\u2070-\u20cf"
    r"\u2100-\u214f\u2e00-\u2e2e\u2e30-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u3036\u3037\u303d-\u303f"
    r"\u309b\u309c\u30a0\u30fb\ua4fe\ua4ff\ua8ce\ua8cf\ua9c1-\ua9cd\uaa5c-\uaa5f\ufd3e\ufd3f\ufe10-\ufe19"
    r"\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffc\ufffd"
)
IGNORED = (
    r"\u00ad\u034f\u0600-\u0605\u061c\u0640\u06dd\u070f\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e01ef"
)
ACCENTS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed"
)
# In the locale of PostgreSQL itself, whatever that of the database. ASCII, as most texts, goes a shorter way.
FOLDED = """CASE WHEN octet_length(content) = char_length(content)
  THEN lower(content COLLATE "C") COLLATE "pg_c_utf8"
  ELSE normalize(replace(lower(upper(
    regexp_replace(normalize(content COLLATE "pg_c_utf8", {form}), '[{dropped}]+', '', 'g'))), 'ß', 'ss'), NFKC)
END"""
PLAIN = FOLDED.format(form="NFKD", dropped=IGNORED + ACCENTS)
ACCENTED = FOLDED.format(form="NFKC", dropped=IGNORED)
TEXT = """
CREATE OR REPLACE FUNCTION {name}(content text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN {folded}
"""
# `g`: each letter `b` with the one before and the one after it. PL/pgSQL plans it once for a connection, not for each
# INSERT. All that it calls is PostgreSQL's own, so it depends on no search path.
KEYS = f"""
CREATE OR REPLACE FUNCTION messaging_search_keys(content text, sender bigint, receiver bigint) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
AS $keys$
DECLARE
  w text := ' ' || regexp_replace(({PLAIN}) COLLATE "C", '[{SEPARATORS}]+', ' ', 'g') || ' ';
  keys text[] := ARRAY['@' || sender, '@' || receiver];
BEGIN
  keys := keys || ARRAY(
    SELECT a || b || c
    FROM unnest(string_to_array(w, NULL), string_to_array(substr(w, 2), NULL), string_to_array(substr(w, 3), NULL))
      AS g(a, b, c)
    WHERE b COLLATE "C" > ' ' AND b COLLATE "C" < U&'\\0E00' AND c IS NOT NULL);
  IF octet_length(w) > char_length(w) THEN
    keys := keys || ARRAY(
      SELECT CASE wide WHEN 1 THEN b ELSE b || c END
      FROM unnest(string_to_array(substr(w, 2), NULL), string_to_array(substr(w, 3), NULL)) AS g(b, c),
        generate_series(1, 2) AS wide
      WHERE b COLLATE "C" > ' ' AND CASE wide WHEN 1 THEN b COLLATE "C" >= U&'\\0E00'
        ELSE c COLLATE "C" > ' ' AND (b COLLATE "C" >= U&'\\0E00' OR c COLLATE "C" >= U&'\\0E00') END);
  END IF;
  RETURN array_to_tsvector(keys);
END
$keys$
"""
FUNCTIONS = [
    TEXT.format(name="messaging_search_text", folded=PLAIN),
    TEXT.format(name="messaging_search_accented", folded=ACCENTED),
    KEYS,
]
BUILD = """
CREATE INDEX CONCURRENTLY message_search_new ON messaging_message
USING gin (messaging_search_keys(content, sender_id, receiver_id))
"""
BUILD_OLD = """
CREATE INDEX CONCURRENTLY message_search_new ON messaging_message USING gin (
  (to_tsvector('simple'::regconfig, content) || array_to_tsvector(ARRAY['@' || sender_id, '@' || receiver_id]))
)
"""
# How often a key occurs is of no use to the planner, and ANALYZE would work it out for 30,000 messages.
NO_STATISTICS = "ALTER INDEX message_search_new ALTER COLUMN 1 SET STATISTICS 0"
DROP_NEW = "DROP INDEX CONCURRENTLY IF EXISTS message_search_new"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS message_search"
RENAME = "ALTER INDEX message_search_new RENAME TO message_search"
DROP_FUNCTIONS = [
    f"DROP FUNCTION IF EXISTS messaging_search_{name}"
    for name in ("keys(text, bigint, bigint)", "accented(text)", "text(text)")
]
# The limits of a page do not apply here. CONCURRENTLY waits for every older transaction, such as that of a backup.
NO_LIMITS = ["SET statement_timeout = 0", "SET lock_timeout = 0"]
AS_BEFORE = ["RESET statement_timeout", "RESET lock_timeout"]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0004_message_ids_in_order_of_time")]

    operations = [
        migrations.RunSQL(
            sql=[*NO_LIMITS, *FUNCTIONS, DROP_NEW, BUILD, NO_STATISTICS, DROP, RENAME, *AS_BEFORE],
            reverse_sql=[*NO_LIMITS, DROP_NEW, BUILD_OLD, DROP, RENAME, *DROP_FUNCTIONS, *AS_BEFORE],
        )
    ]
