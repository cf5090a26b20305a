"""`{% form_token %}`: what `{% csrf_token %}` is, on a page that may come from the cache."""

from django import template
from django.utils.safestring import SafeString, mark_safe

from chats.cached_pages import TOKEN

register = template.Library()


@register.simple_tag
def form_token() -> SafeString:
    """The hidden field of a form; `private_cache_page` fills in the token of whoever gets the page."""
    return mark_safe(f'<input type="hidden" name="csrfmiddlewaretoken" value="{TOKEN}">')  # noqa: S308
