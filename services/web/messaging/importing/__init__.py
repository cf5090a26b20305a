"""Import of messages from JSON lines: `records` parses, `members` finds users, `importer` writes."""
