"""Migrations of the tables of notifications."""
