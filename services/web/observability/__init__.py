"""Metrics, query budgets, health checks and the request log.

budgets.py declares and counts the queries of views, metrics.py defines all metrics. docs/monitoring.md lists
the alerts, and docs/runbooks describes each.
"""
