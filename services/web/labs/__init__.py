"""Demonstration pages: the cache test, the query lab, and the demo data."""
