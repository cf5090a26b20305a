#!/usr/bin/env python
"""Django's command line for Bobbin."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        # A traceback would hide the reason, such as a certificate that is not trusted.
        if not str(error).startswith("connection"):
            raise
        said = " ".join(str(error).split())
        sys.exit(f"Bobbin cannot reach PostgreSQL: {said}")
