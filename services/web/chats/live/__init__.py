"""Live updates: who has a page open learns that something changed, and fetches it with their usual rights.

`notices` is the side of those who change something; `hub`, `streams` and `asgi` are the process `events`.
"""
