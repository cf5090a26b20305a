"""Bobbin's settings as in production, with views beside its pages that do what no page may do."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "monitored_urls"
DEMO = True  # The query lab for everybody.
