"""Management commands of observability."""
