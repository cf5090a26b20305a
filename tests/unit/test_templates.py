"""HTML exists in templates only, and Django templates of packages have the same frame as Bobbin's pages."""

import ast
import re
from pathlib import Path

import jinja2
import pytest
from django.template import Context, Template, engines
from django.urls import resolve

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [path for folder in ("bench", "scripts", "services/web") for path in (ROOT / folder).rglob("*.py")]
# Only names of HTML elements: a type in a URL such as <int:pk> is no tag.
TAG = re.compile(
    r"<(?:!doctype|/?(?:a|abbr|b|body|br|button|code|dd|details|div|dl|dt|em|fieldset|footer|form|h[1-6]|head|"
    r"header|html|i|iframe|img|input|label|legend|li|link|main|mark|meta|nav|noscript|ol|option|p|pre|script|"
    r"select|small|span|strong|style|summary|svg|table|tbody|td|textarea|th|thead|time|title|tr|ul))(?=[\s/>])",
    re.I,
)


def tags(source: str) -> list[str]:
    """Return the HTML tags in the strings of a Python source, docstrings included."""
    strings = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return [tag for text in strings if isinstance(text, str) for tag in TAG.findall(text)]


def test_python_contains_no_html():
    found = {str(path.relative_to(ROOT)): tags(path.read_text()) for path in PYTHON}

    assert {path: tags for path, tags in found.items() if tags} == {}


@pytest.mark.parametrize("source", ['x = "<p>"', "f'<a href={x}>'", '"""</li>"""', 'b = "<INPUT value=1>"'])
def test_html_in_python_is_found(source):
    assert tags(source)


def _request(rf, alice):
    request = rf.get("/accounts/")
    request.user, request.session, request._messages = alice, {}, []
    request.resolver_match = resolve("/accounts/")
    return request


def test_django_template_has_the_frame_of_the_jinja2_templates(rf, alice):
    source = (
        '{% extends "base.html" %}{% block title %}Odd & <b>{% endblock %}'
        "{% block content %}{{ x }}{% endblock %}"
    )
    request, jinja = _request(rf, alice), engines["jinja2"].from_string(source)
    values = {"x": "<p>'"}

    pages = [
        jinja.render(dict(values), request),
        Template(source).render(Context({**values, "request": request})),
    ]

    tokens = [page.replace("&#x27;", "&#39;").split() for page in pages]
    assert tokens[0] == tokens[1]
    assert 'aria-label="Main"' in pages[1]
    assert "<p>'" not in pages[1]


def test_variable_that_a_page_does_not_provide_is_an_error_in_tests(rf, alice):
    with pytest.raises(jinja2.UndefinedError):
        engines["jinja2"].from_string("{{ missing }}").render({}, _request(rf, alice))


def test_every_template_compiles():
    environment = engines["jinja2"].env
    own = [name for name in environment.list_templates(["html"]) if not name.startswith("postgres/")]

    assert len(own) >= 30
    for name in own:
        environment.get_template(name)
