"""What must be true of the manifests beyond their schema; each check returns what is wrong, in words."""
