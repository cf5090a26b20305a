"""The command that runs the privacy probe."""
