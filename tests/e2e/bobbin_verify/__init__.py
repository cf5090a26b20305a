"""What `verify.py` is made of: a browser, what members do in it, and the six tasks of the specification."""
