"""Messages, conversations, threads, history, search: models, queries, and a module for each way to write.

Start with sending.py, editing.py, reading.py or erasure.py: each describes its steps from top to bottom.
docs/recipes.md lists the files of a new table that belongs to a member.
"""
