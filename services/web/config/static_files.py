"""Static files with a content hash in their names, so that browsers can cache them forever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage as Hashed


class Storage(Hashed):
    """Also replaces the names in the imports of our JavaScript modules.

    Django can do this too, but for the files of all packages, and it fails for an import inside a comment.
    """

    max_post_process_passes = 10  # The longest chain of imports has seven modules.
    patterns = (
        *Hashed.patterns,
        (
            "chats/*.js",
            (
                (
                    r"""(?P<matched>(?P<import>import (?:\{[^}]*\} from )?)"(?P<url>\./[^"]+)";)""",
                    """%(import)s"%(url)s";""",
                ),
                (
                    r"""(?P<matched>import\("(?P<url>\./[^"]+)"\))""",
                    """import("%(url)s")""",
                ),
            ),
        ),
    )
