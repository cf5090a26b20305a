"""Static files with a content hash in their names, so that browsers can cache them forever."""

from django.contrib.staticfiles.apps import StaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """Also replaces the names in the imports of JavaScript modules."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 10  # The longest chain of imports has seven modules.


class UsedStaticFilesConfig(StaticFilesConfig):
    """Like Django's app, but leaves out the extensions of htmx, which no page loads.

    A comment in one of them contains an import of a file that is not there, and `collectstatic` fails for it.
    """

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx/ext/*"]
