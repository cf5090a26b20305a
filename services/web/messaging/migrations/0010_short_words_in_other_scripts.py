"""Search finds a word of an alphabet beside a letter of another script (`PC` in `新しいPCを`), also a short one.

For keys of three letters, a neighbour from U+0E00 on now counts as a blank. Letters that look like an apostrophe
(`п\u02bcять`) separate words, as apostrophes do. The index is rebuilt while members read and write. The migration can
be run again after an interruption: the first statement drops what the interrupted build left behind.
"""

from importlib import import_module

from django.db import migrations

fifth = import_module("messaging.migrations.0005_search_in_words")
ninth = import_module("messaging.migrations.0009_search_in_linear_time")

CHANGES = {
    r"\u02c2-\u02c5\u02d2-\u02df\u02e5-\u02eb\u02ed\u02ef-\u02ff": r"\u02b9-\u02bf\u02c2-\u02c5\u02c8\u02d2-\u02df\u02e5-\u02eb\u02ed-\u02ff",
    r"\u055a-\u055f": r"\u0559-\u055f",
    r"\u07f6-\u07f9": r"\u07f4-\u07f9",
    r"\ua4fe\ua4ff": r"\ua4fe\ua4ff\ua78b\ua78c",
    "DECLARE\n": "DECLARE\n  alphabets text;\n",
    "  keys := keys || ARRAY(\n    SELECT a": r"""  alphabets := CASE WHEN octet_length(w) = char_length(w) THEN w
    ELSE regexp_replace(w COLLATE "C", '[\u0e00-\U0010ffff]+', ' ', 'g') END;
  keys := keys || ARRAY(
    SELECT a""",
    "(w, NULL), string_to_array(substr(w, 2), NULL), string_to_array(substr(w, 3), NULL))": (
        "(alphabets, NULL), string_to_array(substr(alphabets, 2), NULL),\n"
        "      string_to_array(substr(alphabets, 3), NULL))"
    ),
}


def changed(function: str) -> str:
    for old, new in CHANGES.items():
        assert function.count(old) == 1, old
        function = function.replace(old, new)
    return function


*_, KEYS = ninth.FUNCTIONS
LEFT_BEHIND = [f"DROP INDEX CONCURRENTLY IF EXISTS message_search_{name}" for name in ("ccnew", "ccold")]
REBUILD = [*fifth.NO_LIMITS, *LEFT_BEHIND, "REINDEX INDEX CONCURRENTLY message_search", *fifth.AS_BEFORE]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("messaging", "0009_search_in_linear_time")]

    operations = [migrations.RunSQL(sql=[changed(KEYS), *REBUILD], reverse_sql=[KEYS, *REBUILD])]
