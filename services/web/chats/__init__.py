"""The web interface: views, forms, templates and scripts."""
