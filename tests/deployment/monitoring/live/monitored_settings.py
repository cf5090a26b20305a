"""The production settings, with additional faulty views."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.deployment.monitoring.live.monitored_urls"
DEMO = True  # Opens the query lab to every member.
