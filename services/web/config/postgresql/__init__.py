"""The database backend: Django's, which also counts statements and reads timestamps faster."""
