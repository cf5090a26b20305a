"""Management commands of labs."""
