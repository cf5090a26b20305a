"""Views of the pages with messages, and of the JSON endpoints for their scripts."""
