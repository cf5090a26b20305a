"""The deployment of the service: settings, root URLs, entry points, and what concerns all apps."""
