"""Finds the private API of third-party packages that the code of services/web uses."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

WEB = Path(__file__).resolve().parents[2] / "services/web"
# Documented, although they begin with an underscore: Django's models, and named tuples.
DOCUMENTED = {"_meta", "_state", "_base_manager", "_default_manager"}
DOCUMENTED |= {"_replace", "_make", "_fields", "_asdict"}
GENERATED = {"_abc_impl", "_is_protocol"}  # Python adds them to classes.
OWN_PACKAGES = {path.name for path in WEB.iterdir() if path.is_dir()}
# Scripts, and modules that need the packages of traces.
NOT_IMPORTED = {"manage.py", "healthcheck.py", "gunicorn.conf.py", "gunicorn_events.conf.py"}
NOT_IMPORTED |= {"caching/traced.py", "live/traced.py", "observability/tracing.py"}


def used() -> set[tuple[str, str]]:
    """Return the file, relative to services/web, and the name of each use."""
    found = set()
    for path in sorted(WEB.rglob("*.py")):
        if "migrations" not in path.parts and "static-collected" not in path.parts:
            file = str(path.relative_to(WEB))
            names = {*not_defined_in(path), *(() if file in NOT_IMPORTED else of_base_classes(path))}
            found |= {(file, name) for name in names}
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in {*DOCUMENTED, *GENERATED, "_"}


def not_defined_in(path: Path) -> Iterator[str]:
    """Yield the private names that the file imports, or uses without defining them."""
    tree = ast.parse(path.read_text())
    own = set(defined_in(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in OWN_PACKAGES:
            yield from filter(is_private, [*(node.module or "").split("."), *(a.name for a in node.names)])
        elif isinstance(node, ast.Attribute):
            if is_private(node.attr) and node.attr not in own:
                yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"getattr", "hasattr", "setattr"}:
            name = node.args[1]
            if isinstance(name, ast.Constant) and is_private(name.value) and name.value not in own:
                yield name.value


def defined_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def of_base_classes(path: Path) -> Iterator[str]:
    """Yield the private names that a class of the file shares with a base class of a third-party package."""
    module = import_module(".".join(path.relative_to(WEB).with_suffix("").parts).removesuffix(".__init__"))
    for own in vars(module).values():
        if inspect.isclass(own) and own.__module__ == module.__name__:
            names = filter(
                is_private, {*vars(own), *re.findall(r"\b(?:self|cls|super\(\))\.(_\w+)", source(own))}
            )
            bases = [base for base in own.__mro__ if is_third_party(base)]
            yield from (name for name in names if any(has(base, name) for base in bases))


def is_third_party(found: type) -> bool:
    package = found.__module__.split(".")[0]
    return package not in {*OWN_PACKAGES, *sys.stdlib_module_names}


def source(found: type | ModuleType) -> str:
    try:
        return inspect.getsource(found)
    except (OSError, TypeError):  # It is generated or compiled.
        return ""


def has(found: type | ModuleType, name: str) -> bool:
    """Return whether a class or module has this attribute, or whether the code of the class uses it."""
    return name in vars(found) or re.search(rf"\b(?:self|cls)\.{name}\b", source(found)) is not None


def exists(dotted: str) -> bool:
    """Return whether a name such as `package.module.Class.attribute` exists in the installed packages."""
    *parts, last = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part, None)
        return hasattr(found, last) or re.search(rf"\.{last}\b", source(found)) is not None
    return False
