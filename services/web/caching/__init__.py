"""Redis behind a circuit breaker: generations, private pages; limits of rates and of memory.

Start with private_pages.py: how a cached page is kept private. docs/architecture.md, "How a cached page
is kept private" and "The cache", explains how the modules work together.
"""
