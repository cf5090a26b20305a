"""The Cache-Control header of every response."""


class PrivatePagesMiddleware:
    """Forbids proxies to store a response, and makes browsers revalidate it, because pages are private."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
