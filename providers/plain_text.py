"""Plain text out of the HTML that publishers put into fields meant for text."""

from __future__ import annotations

import html
import re

import nh3

_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_BREAK = re.compile(r"<(?:br|/p|/li|/div|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\s*\n\s*\n\s*")
_SPACES = re.compile(r"[^\S\n]+")
_MOST_TAGS = 5_000
"""Tags of a text that is parsed as HTML; many more, nested, would take the parser minutes."""


def plain(text: str) -> str:
    """The text without markup, scripts and character references; paragraphs stay apart."""
    if "&" in text:
        text = html.unescape(text)
    if _TAG.search(text):
        broken = _BREAK.sub("\n", text)
        if broken.count("<") > _MOST_TAGS:
            broken = _TAG.sub(" ", broken)
        text = html.unescape(nh3.clean(broken, tags=set(), clean_content_tags={"script", "style"}))
    text = _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\x00", ""))
    return _BLANK_LINES.sub("\n\n", text).strip()


def line(text: str) -> str:
    """The same on one line, for titles and names."""
    return " ".join(plain(text).split())
