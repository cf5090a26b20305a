"""The parts of `verify.py`: a browser, the actions of members, and the six tasks of the specification."""
