"""All tests of Bobbin, and the package `support` that they share."""
