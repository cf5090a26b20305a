"""Response headers: Content-Security-Policy, and Permissions-Policy, for which Django has no setting."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

# Features that no page uses. The same list is in services/nginx/snippets/own-headers.conf.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb")
)


def content_security_policy(https: bool, hosts: list[str], events_port: int) -> dict[str, Any]:
    """Return the policy. With a port for live updates, pages may connect to it on these hosts."""
    directives = {
        "default-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
    if events_port:
        scheme = "https" if https else "http"
        # Content Security Policy has no syntax for IPv6 addresses.
        directives["connect-src"] = [
            "'self'",
            *(f"{scheme}://{host}:{events_port}" for host in hosts if "[" not in host),
        ]
    return {"DIRECTIVES": directives}


class PermissionsPolicyMiddleware(MiddlewareMixin):
    """Adds Permissions-Policy, which disables features of the browser, to every response of a view."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        return response
