"""The error that the command line reports in one line."""


class Failure(Exception):
    """An error that the user can fix. Its text is printed without a traceback."""
