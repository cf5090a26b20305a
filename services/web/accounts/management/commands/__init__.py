"""Commands that create users and list names that collide."""
