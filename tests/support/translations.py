"""The functions of scripts/translations.py."""

import importlib.util

from tests.support.running_site import ROOT

_spec = importlib.util.spec_from_file_location("translations", ROOT / "scripts" / "translations.py")
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

extracted = _module.extracted
