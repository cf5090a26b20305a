"""The command that waits for the database."""
