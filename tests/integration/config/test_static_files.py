"""Names of static files contain a hash of their content, also in the imports between modules."""

import re

from django.core.management import call_command

HASHED = re.compile(r"\.[0-9a-f]{12}\.")


def test_modules_import_each_other_by_names_with_a_hash(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static_files.Storage"}}
    call_command("collectstatic", verbosity=0, interactive=False)
    modules = [path for path in (tmp_path / "chats").glob("*.js") if HASHED.search(path.name)]
    imported = {path.name: re.findall(r'"\./([^"]+)"', path.read_text()) for path in modules}

    assert any(name.startswith("bobbin.") and names for name, names in imported.items())
    for names in imported.values():
        for name in names:
            assert HASHED.search(name)
            assert (tmp_path / "chats" / name).exists()
