"""Commands that import messages and compare the unread counters."""
