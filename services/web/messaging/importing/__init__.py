"""Importing messages from JSON lines: reading (`records`), people (`members`), writing (`importer`)."""
