"""Messages, conversations, threads, history, search: models, queries, and a module for each way to write."""
