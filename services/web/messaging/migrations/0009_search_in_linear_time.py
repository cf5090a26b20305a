"""Search functions in linear time: marks without end on one letter are dropped before they are put in order.

PostgreSQL puts the marks of one letter in order by insertion: 10,000 on one letter took 0.7 s, for each INSERT
and for each search that compared the text. Long texts become keys by their distinct words, and at most
LONGEST folded characters have keys: a single sign can fold to 18 letters.

The index stays: what it has of older messages names no fewer candidates, save for texts of marks without end.
"""

from importlib import import_module

from django.db import migrations

before = import_module("messaging.migrations.0005_search_in_words")

# As in accounts/normal_forms.py, of Unicode 17.
MARKS = (
    r"\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05c9\u0610-\u061a"
    r"\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07eb-\u07f3"
    r"\u07fd\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0897-\u089f\u08ca-\u08e1"
    r"\u08e3-\u08ff\u093c\u094d\u0951-\u0954\u09bc\u09cd\u09fe\u0a3c-\u0a4d\u0abc\u0acd\u0b3c\u0b4d\u0bcd"
    r"\u0c3c\u0c4d-\u0c56\u0cbc\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e38-\u0e3a\u0e48-\u0e4b\u0eb8-\u0eba"
    r"\u0ec8-\u0ecb\u0f18\u0f19\u0f35\u0f37\u0f39\u0f71-\u0f84\u0f86\u0f87\u0fc6\u1037-\u103a\u108d"
    r"\u135d-\u135f\u1714\u1715\u1734\u17d2\u17dd\u18a9\u1939-\u193b\u1a17\u1a18\u1a60-\u1a7f\u1ab0-\u1af0"
    r"\u1b34-\u1b44\u1b6b-\u1b73\u1baa\u1bab\u1be6-\u1bf3\u1c37\u1cd0-\u1cd2\u1cd4-\u1ce8\u1ced\u1cf4\u1cf8"
    r"\u1cf9\u1dc0-\u1dff\u20d0-\u20f0\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua66f"
    r"\ua674-\ua67d\ua69e\ua69f\ua6f0\ua6f1\ua806\ua82c\ua8c4\ua8e0-\ua8f1\ua92b-\ua92d\ua953\ua9b3-\ua9c0"
    r"\uaab0\uaab2-\uaab4\uaab7\uaab8\uaabe\uaabf\uaac1\uaaf6\uabed\ufb1e\ufe20-\ufe2f\uff9e\uff9f\U000101fd"
    r"\U000102e0\U00010376-\U0001037a\U00010a0d-\U00010a0f\U00010a38-\U00010a3f\U00010ae5\U00010ae6"
    r"\U00010d24-\U00010d27\U00010d69-\U00010d6d\U00010eab\U00010eac\U00010ecb-\U00010ecf\U00010ef0-\U00010eff"
    r"\U00010f46-\U00010f50\U00010f82-\U00010f85\U00011046\U00011070\U0001107f\U000110b9\U000110ba"
    r"\U00011100-\U00011102\U00011133\U00011134\U00011173\U000111c0\U000111ca\U00011235\U00011236\U000112e9"
    r"\U000112ea\U0001133b\U0001133c\U0001134d\U00011366-\U00011374\U000113ce-\U000113d0\U00011442-\U00011446"
    r"\U0001145e\U000114c2\U000114c3\U000115bf\U000115c0\U0001163f\U000116b6\U000116b7\U0001172b\U00011839"
    r"\U0001183a\U0001193d\U0001193e\U00011943\U000119e0\U00011a34\U00011a47\U00011a99\U00011c3f"
    r"\U00011d42-\U00011d45\U00011d97\U00011f41\U00011f42\U0001612f\U00016af0-\U00016af4\U00016b30-\U00016b36"
    r"\U00016ff0\U00016ff1\U0001bc9e\U0001d127\U0001d128\U0001d165-\U0001d169\U0001d16d-\U0001d172"
    r"\U0001d17b-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244"
    r"\U0001d250-\U0001d252\U0001d25b\U0001d25c\U0001d25f\U0001d280\U0001d281\U0001e000-\U0001e02a\U0001e08f"
    r"\U0001e130-\U0001e136\U0001e2ae\U0001e2ec-\U0001e2ef\U0001e4ec-\U0001e4ef\U0001e5ee\U0001e5ef\U0001e6e3"
    r"\U0001e6e6\U0001e6ee\U0001e6ef\U0001e6f5\U0001e8d0-\U0001e8d6\U0001e944-\U0001e94a"
)
MARKS_ALONE = r"\ufcf2-\ufcf4\ufe71\ufe77\ufe79\ufe7b\ufe7d\ufe7f"
EXCESS = f"[{MARKS}{before.IGNORED}{before.ACCENTS}{MARKS_ALONE}]{{31,}}"
MANY, LONGEST = 400, 20_000


def without_excess(folded: str) -> str:
    wanted = 'content COLLATE "pg_c_utf8"'
    assert wanted in folded
    return folded.replace(wanted, f"regexp_replace(content, '{EXCESS}', '', 'g') COLLATE \"pg_c_utf8\"")


PLAIN, ACCENTED = without_excess(before.PLAIN), without_excess(before.ACCENTED)
DISTINCT_WORDS = f"""BEGIN
  IF char_length(w) > {MANY} THEN
    w := ' ' || array_to_string(
      ARRAY(SELECT DISTINCT unnest(string_to_array(left(w, {LONGEST}), ' '))), ' ') || ' ';
  END IF;
"""
FUNCTIONS = [
    before.TEXT.format(name="messaging_search_text", folded=PLAIN),
    before.TEXT.format(name="messaging_search_accented", folded=ACCENTED),
    before.KEYS.replace(before.PLAIN, PLAIN).replace("BEGIN\n", DISTINCT_WORDS),
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_validate_content")]

    operations = [migrations.RunSQL(sql=FUNCTIONS, reverse_sql=before.FUNCTIONS)]
