"""The command that creates the demo data."""
