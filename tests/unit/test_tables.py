"""SQL takes the name of another app's table from its model, which only a lower layer provides."""

import ast
import re
from pathlib import Path

from django.apps import apps

WEB = Path(__file__).resolve().parents[2] / "services" / "web"
TABLES = {model._meta.db_table: model._meta.app_label for model in apps.get_models(include_auto_created=True)}
NAME = re.compile(rf"\b({'|'.join(TABLES)})\b")


def tables_named(source: str) -> set[str]:
    """Return the tables that are written out in the strings of a module, without its docstrings."""
    tree = ast.parse(source)
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose
    )
    return {name for text in texts for name in NAME.findall(text)}


def test_sql_writes_out_only_tables_of_its_own_app():
    files = [path for path in WEB.rglob("*.py") if "migrations" not in path.parts]
    found = {
        (str(path.relative_to(WEB)), table)
        for path in files
        for table in tables_named(path.read_text())
        if TABLES[table] != path.relative_to(WEB).parts[0]
    }

    assert {"messaging_message"} <= tables_named((WEB / "messaging/reading.py").read_text())
    assert found == set()
