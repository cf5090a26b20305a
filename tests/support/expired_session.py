"""SQL that adds an expired session, and counts such sessions."""

EXPIRED_SESSION = (
    "INSERT INTO accounts_session (session_key, session_data, expire_date, started_at)"
    " VALUES (repeat('e', 32), '', now() - interval '1 day', now() - interval '15 days')"
)
COUNT_SESSIONS = "SELECT count(*) FROM accounts_session WHERE session_key = repeat('e', 32)"
