"""Making a piece of HTML from a notebook harmless: no script in it, no request from it."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

#: Elements that run something, fetch something, or need a kernel; they go with all they hold.
_GONE = [
    "script", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "portal",
    "link", "meta", "base", "audio", "video", "source", "track", "template", "slot", "plaintext",
    "xmp", "noembed", "form", "input", "button", "select", "textarea",
]  # fmt: skip
#: The frame of a whole page within a page; what they hold stays.
_FRAMES = ["html", "head", "body"]
_NAME = re.compile(r"[a-z][a-z0-9:-]*", re.IGNORECASE)
#: Attributes whose value is an address that a browser may ask for.
_ADDRESSES = {
    "src", "href", "xlink:href", "srcset", "poster", "background", "data", "action", "formaction",
    "cite", "longdesc", "lowsrc", "dynsrc", "usemap", "profile", "manifest", "imagesrcset",
}  # fmt: skip
_ATTRIBUTES_GONE = {"srcdoc", "ping", "target", "autofocus", "accesskey"}
_IN_PAGE = re.compile(r"#|data:image/", re.IGNORECASE)
#: A file beside the page: no scheme, no host, not the root.
_BESIDE = re.compile(r"[\w.-][^:\\]*")
_STYLE_ASKS = re.compile(r"@import|expression\(|url\(\s*['\"]?\s*(?!#|data:image/)", re.IGNORECASE)


def safe_html(html: str) -> str:
    """Return `html` without scripts, frames, forms, event handlers and addresses elsewhere.

    Text, tables, styles, pictures as data and inline SVG stay. A link to a file beside the page
    stays a link; one to anywhere else becomes its words with the address behind.

    Parameters
    ----------
    html
        A piece of HTML, as an output or a cell of prose holds it.

    Returns
    -------
    str
        Well-formed HTML: a tag that was never closed is closed, a stray end tag is gone.

    Examples
    --------
    >>> safe_html('<b onclick="x()">12</b><script>x()</script>')
    '<b>12</b>'
    >>> safe_html('<a href="https://example.org">Source</a>')
    '<span>Source (https://example.org)</span>'
    """
    soup = BeautifulSoup(html, "html.parser")
    for text in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        text.extract()  # comments, declarations, processing instructions
    for element in soup.find_all(_GONE):
        element.decompose()
    for element in soup.find_all(lambda tag: tag.name in _FRAMES or not _NAME.fullmatch(tag.name)):
        element.unwrap()
    for element in soup.find_all("style"):
        if _STYLE_ASKS.search(element.get_text()):
            element.decompose()
    for element in soup.find_all(True):
        _clean_attributes(element)
    return str(soup)


def _clean_attributes(element: Tag) -> None:
    """Take out what runs or asks; a picture whose data are elsewhere leaves its words."""
    for name, value in list(element.attrs.items()):
        asks = name == "style" and _STYLE_ASKS.search(str(value))
        if asks or name.startswith("on") or name in _ATTRIBUTES_GONE:
            del element[name]
        elif name in _ADDRESSES:
            _clean_address(element, name)
    if element.name == "img":
        element.attrs.setdefault("alt", "")
        if "src" not in element.attrs:
            element.replace_with(str(element["alt"]))


def _clean_address(element: Tag, name: str) -> None:
    """Keep an address within the page, and of links one beside it; take any other out."""
    # Browsers skip control characters and spaces in an address: java\tscript: is javascript:.
    address = re.sub(r"[\x00-\x20]", "", str(element[name]))
    link = element.name == "a" and name == "href"
    if _IN_PAGE.match(address) or (link and _BESIDE.fullmatch(address)):
        return
    del element[name]
    if link and address.startswith(("http:", "https:")):
        element.name = "span"
        if element.get_text() != address:
            element.append(f" ({address})")
