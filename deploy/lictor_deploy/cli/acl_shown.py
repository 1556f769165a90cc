"""How tokens, policies and roles are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Shown = Literal["pretty", "json"]
HEAD = {
    "AccessorID": "AccessorID", "SecretID": "SecretID", "ID": "ID", "Name": "Name", "Description": "Description",
    "Local": "Local", "CreateTime": "Create Time", "ExpirationTime": "Expiration Time",
}  # fmt: skip
"""Fields of one line each, and what they are called."""
BORNE = {"Policies": "Policies", "Roles": "Roles"}


def show(row: Mapping[str, Any], format: Shown) -> None:
    """One of them."""
    print(json.dumps(row, indent=4) if format == "json" else pretty(row))


def show_all(rows: Sequence[Mapping[str, Any]], format: Shown) -> None:
    """All of them, with an empty line between two."""
    print(json.dumps(rows, indent=4) if format == "json" else "\n\n".join(map(pretty, rows)))


def pretty(row: Mapping[str, Any]) -> str:
    """A line a field, what it bears below."""
    lines = [f"{title + ':':<18}{row[name]}" for name, title in HEAD.items() if name in row]
    for name, title in BORNE.items():
        if row.get(name):
            lines += [f"{title}:", *(f"   {link['ID']} - {link['Name']}" for link in row[name])]
    for identity in row.get("ServiceIdentities") or ():
        lines += ["Service Identities:", f"   {identity['ServiceName']}"]
    for identity in row.get("NodeIdentities") or ():
        lines += ["Node Identities:", f"   {identity['NodeName']} (Datacenter: {identity['Datacenter']})"]
    for templated in row.get("TemplatedPolicies") or ():
        lines += ["Templated Policies:", f"   {templated['TemplateName']}"]
    for title, name in (("Expanded Policies", "ExpandedPolicies"), ("Expanded Roles", "ExpandedRoles")):
        if row.get(name):
            lines += [f"{title}:", *(pretty(each) for each in row[name])]
    if row.get("Rules"):
        lines += ["Rules:", row["Rules"]]
    return "\n".join(lines)
