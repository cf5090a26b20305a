"""The ASGI entry point, only for the process `events`. Pages are served by WSGI (docs/decisions/0009)."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  (needs Django to be set up)

from live.asgi import Application  # noqa: E402

if settings.TRACES_ENDPOINT:
    from live.traced import TracedApplication as Application
    from observability import tracing

    tracing.begin("bobbin-events", settings.RELEASE)

application = Application()
