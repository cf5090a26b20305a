"""Static files, with a hash of their content in their names: browsers keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage as Hashed


class Storage(Hashed):
    """Also where our JavaScript modules import each other.

    Django can do so by itself, but then for all packages' files too, and stops at what a comment imports.
    """

    max_post_process_passes = 10  # The longest chain of modules that import each other has seven.
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
