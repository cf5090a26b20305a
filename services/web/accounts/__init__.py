"""User accounts: names, passwords, sessions, log-in throttling and erasure."""
