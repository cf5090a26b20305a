"""Live updates by server-sent events: receivers publish events, and `events` forwards them to open pages."""
