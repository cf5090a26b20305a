"""Code that several suites share: members over HTTP, servers, databases, audits, counting of steps."""
