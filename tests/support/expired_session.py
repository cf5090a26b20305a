"""SQL that adds an expired session, and counts such sessions."""

EXPIRED_SESSION = "INSERT INTO django_session VALUES (repeat('e', 32), '', now() - interval '1 day')"
COUNT_SESSIONS = "SELECT count(*) FROM django_session WHERE session_key = repeat('e', 32)"
