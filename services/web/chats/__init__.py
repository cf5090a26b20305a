"""The web interface: views, forms, templates and scripts.

Start with urls.py: it maps each URL to its view. docs/recipes.md, "Add a page", lists the files of a new page
and the tests that fail without them.
"""
