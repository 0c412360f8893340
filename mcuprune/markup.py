"""HTML and SVG elements as strings, escaped unless they are markup already.

The type decides: `tag` returns Html, and any child that is not Html is text.  So nothing can be forgotten: a model's
layer called '<script>' stays a layer called '<script>'.
"""

from html import escape


class Html(str):
    """Text that is markup already."""


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element; `class_` becomes class, and an underscore within an attribute's name a hyphen.

    >>> tag("b", "1 < 2", class_="fact")
    '<b class="fact">1 &lt; 2</b>'
    """
    head = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for key, v in attributes.items())
    return Html(f"<{name}{head}>{join(*children)}</{name}>")


def join(*children: object) -> Html:
    """Children one after the other, without an element around them."""
    return Html("".join(child if isinstance(child, Html) else escape(str(child)) for child in children))
