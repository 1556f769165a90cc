"""What a filter can select in a row: the kinds of its fields.

A struct is a dict of its fields; the key ``ANY`` makes it a map; a list of one struct is a slice of structs.
"""

from __future__ import annotations

from typing import Any

STRING = "string"
INT = "int"
BOOL = "bool"
STRINGS = "strings"
"""A slice of strings."""
ANY = "*"

Selector = str | dict[str, Any] | list[Any]
