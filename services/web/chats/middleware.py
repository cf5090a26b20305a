"""Headers of pages."""


class PrivatePagesMiddleware:
    """Let no proxy keep a page, and no browser show one again without asking: pages are private here."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
