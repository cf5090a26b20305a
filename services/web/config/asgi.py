"""The ASGI entry point, only for the process `events`. Pages are served by WSGI (docs/decisions/0009)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from live.asgi import Application  # noqa: E402  (needs Django to be set up)

application = Application()
