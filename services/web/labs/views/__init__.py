"""Views of the demonstration pages."""
