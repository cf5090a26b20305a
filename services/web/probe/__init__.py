"""The privacy probe: checks over HTTP, as synthetic users, that no page shows the data of another user."""
