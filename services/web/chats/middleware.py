"""Headers of pages, and pages for answers that have none."""

from django.http import HttpResponseNotAllowed

from chats.views import errors


class PrivatePagesMiddleware:
    """Let no proxy keep a page, and no browser show one again without asking: pages are private here."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class NotAllowedMiddleware:
    """Give a 405 a page: Django's own is empty, which a browser shows as a white one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or response.content:
            return response
        page = errors.not_allowed(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page
