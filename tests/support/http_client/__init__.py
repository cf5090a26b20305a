"""A member of Bobbin over HTTP: requests, pages and forms, with the standard library alone."""
