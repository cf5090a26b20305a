"""The frame of Bobbin's pages for Django templates: `{% frame title %}content{% endframe %}`.

The templates of packages extend `base.html`. That of Django's engine, in `templates/`, only uses these tags.
"""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_block_tag
def part(content: str) -> str:
    """Return the content, which `as` keeps in a variable: `{% part as title %}…{% endpart %}`."""
    return content


@register.simple_block_tag(takes_context=True)
def frame(context: template.Context, content: str, title: str) -> str:
    """Return a whole page, rendered by Jinja2, which has escaped its values."""
    parts = {"title": title, "content": content}
    return mark_safe(render_to_string("chats/framed.html", parts, request=context["request"]))  # noqa: S308
