"""What several suites share: members over HTTP, servers, databases, audits, and the counting of steps."""
