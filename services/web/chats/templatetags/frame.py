"""`{% frame %}title{% content %}content{% endframe %}`: the frame of Bobbin's pages, for Django templates.

The templates of packages extend `base.html`. That of Django's engine, in `templates/`, only uses this tag.
"""

from typing import Any

from django import template
from django.template.loader import render_to_string

register = template.Library()


class Frame(template.Node):
    child_nodelists = ("title", "body")  # Django finds blocks in them.

    def __init__(self, title: template.NodeList, body: template.NodeList) -> None:
        self.title, self.body = title, body

    def render(self, context: template.Context) -> Any:
        parts = {"title": self.title.render(context), "content": self.body.render(context)}
        return render_to_string("chats/framed.html", parts, request=context["request"])


@register.tag
def frame(parser: Any, token: Any) -> Frame:
    """Parse the title and the content. The result is a whole page, rendered by Jinja2."""
    title = parser.parse(["content"])
    parser.delete_first_token()
    body = parser.parse(["endframe"])
    parser.delete_first_token()
    return Frame(title, body)
