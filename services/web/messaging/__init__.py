"""Messages, conversations, threads, history, search: models, queries, and one module for each way to write."""
