"""Redis behind a circuit breaker: generations, private pages, rate limits. Imports only observability."""
