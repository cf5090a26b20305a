"""Management commands of caching."""
