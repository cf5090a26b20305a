"""Migrations of the tables of messaging."""
