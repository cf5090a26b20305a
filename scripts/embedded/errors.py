"""What can go wrong, said in one line."""


class Failure(Exception):
    """Something a person can do something about; its text is all they need to see."""
