"""Migrations of the tables of accounts."""
