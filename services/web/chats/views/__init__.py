"""Views of the pages with messages, and of the JSON endpoints for their scripts.

docs/recipes.md, "Add a page", lists the other files of a new view.
"""
