"""Messages, conversations, threads, history, search: models, queries, and the code that writes them."""
