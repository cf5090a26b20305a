"""Static files with a content hash in their names, so that browsers can cache them forever."""

import re
from pathlib import PurePath

from django.contrib.staticfiles.apps import StaticFilesConfig
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

# In a module: lines of comments (with // or JSDoc), types before a value, and comments behind code.
# In a style sheet: comments that fill whole lines. In both: indentation.
COMMENT = {
    ".js": re.compile(
        rb"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/)\n"
        rb"|^[ \t]+|/\*\* @type [^\n]*?\*/ |(?<=[;,{}()\[\]>]) // [^\n]*",
        re.DOTALL | re.MULTILINE,
    ),
    ".css": re.compile(rb"^[ \t]*/\*(?:(?!\*/).)*\*/\n|^[ \t]+", re.DOTALL | re.MULTILINE),
}


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Also replaces the names in imports of modules, and removes comments and indentation."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # At least the length of the longest chain of imports, which is twelve.

    def _save(self, name: str, content: "File[bytes]") -> str:
        # Comments are 30 % of the bytes. Empty lines in their place keep the line numbers.
        path = PurePath(name)
        if path.parent.name == "chats" and (comment := COMMENT.get(path.suffix)):
            code = b"".join(content.chunks())
            content = ContentFile(comment.sub(lambda found: b"\n" * found[0].count(b"\n"), code))
        return str(super()._save(name, content))


class UsedStaticFilesConfig(StaticFilesConfig):
    """Like Django's app, but leaves out the extensions of htmx, which no page loads.

    A comment in one of them contains an import of a file that is not there, and `collectstatic` fails for it.
    """

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]
