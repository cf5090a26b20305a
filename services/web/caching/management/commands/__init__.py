"""The command that waits for the database, before Redis is used with it."""
