"""User accounts: names, passwords, sessions, log-in throttling and erasure.

A table of any app that belongs to a member needs a phase of the erasure: see erasure_phases.py, and
docs/recipes.md, "Add a table that belongs to a member".
"""
