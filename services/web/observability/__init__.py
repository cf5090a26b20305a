"""Metrics, query budgets, health checks and the request log."""
