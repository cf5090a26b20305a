"""Checks of the manifests beyond their schemas. Each check returns its problems as texts."""
