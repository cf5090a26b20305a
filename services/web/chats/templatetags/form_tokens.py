"""`{% form_token %}`: like `{% csrf_token %}`, for a page that may come from the cache."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from caching.private_pages import TOKEN

register = template.Library()


@register.simple_tag
def form_token() -> SafeString:
    """Return a hidden field with a placeholder. `private_cache_page` replaces it with the CSRF token."""
    return mark_safe(f'<input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}">')  # noqa: S308
