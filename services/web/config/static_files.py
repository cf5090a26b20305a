"""Static files, with a hash of their content in their names: browsers keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage as Hashed


class Storage(Hashed):
    """Also in the `import` lines of our JavaScript modules.

    Django can do so by itself, but then for all packages' files too, and stops at what a comment imports.
    """

    patterns = (
        *Hashed.patterns,
        (
            "chats/*.js",
            (
                (
                    r"""(?P<matched>(?P<import>import (?:\{[^}]*\} from )?)"(?P<url>\./[^"]+)";)""",
                    """%(import)s"%(url)s";""",
                ),
            ),
        ),
    )
