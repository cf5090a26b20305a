"""Counts the steps of functions that read text of members, and lists these functions and texts."""
