"""Management commands of probe."""
