"""Live updates by server-sent events: receivers publish events, and `events` forwards them to open pages.

receivers.py reacts to changes, events.py publishes them, asgi.py and broker.py run in the process `events`.
"""
