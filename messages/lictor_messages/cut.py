"""Texts have their limits in bytes of UTF-8, for that is what travels and what is stored."""

from __future__ import annotations


def size(text: str) -> int:
    """Bytes of a text."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def cut(text: str, most: int) -> str:
    """The beginning of a text, in whole characters of at most ``most`` bytes together."""
    if size(text) <= most:
        return text
    return text.encode("utf-8", "surrogatepass")[:most].decode("utf-8", "ignore")
