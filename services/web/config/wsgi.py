"""The WSGI entry point that gunicorn serves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402  (needs Django to be set up)

from config.requests import Handler  # noqa: E402

if settings.TRACES_ENDPOINT:
    from observability import tracing

    tracing.begin("bobbin-web", settings.RELEASE)

application = Handler()
