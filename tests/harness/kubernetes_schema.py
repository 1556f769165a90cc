"""What Kubernetes takes, out of the Go client's module: every field of every kind, with its type.

That client holds a schema of all objects as YAML. It says nothing of what must be there, and all of what may.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jsonschema
import yaml
from go_module import go_module

MODULE, VERSION = "k8s.io/client-go", "v0.34.1"
SCALARS = {"string": ["string"], "numeric": ["number"], "boolean": ["boolean"]}
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"


def wrong(manifest: dict[str, Any]) -> list[str]:
    """What the schema says against a manifest."""
    group, _, version = manifest["apiVersion"].rpartition("/")
    name = f"io.k8s.api.{group.partition('.')[0] or 'core'}.{version}.{manifest['kind']}"
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions()}
    errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in errors]


@cache
def definitions() -> dict[str, Any]:
    """By the types' names."""
    source = (go_module(MODULE, VERSION) / "applyconfigurations/internal/internal.go").read_text()
    (text,) = re.findall(r"typed\.YAMLObject\(`(.*?)`\)", source, re.DOTALL)
    found = {
        each["name"]: of_type(each) for each in yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["types"]
    }
    return {**found, INT_OR_STRING: {"type": ["integer", "string"]}, QUANTITY: {"type": ["number", "string"]}}


def of_type(said: dict[str, Any]) -> dict[str, Any]:
    """One type in JSON Schema's words."""
    if "namedType" in said:
        return {"$ref": f"#/definitions/{said['namedType']}"}
    if said.get("scalar") in SCALARS:
        return {"type": SCALARS[said["scalar"]]}
    if "scalar" in said:
        return {}
    if "list" in said:
        return {"type": "array", "items": of_type(said["list"]["elementType"])}
    if "fields" not in said["map"]:
        return {"type": "object", "additionalProperties": of_type(said["map"]["elementType"])}
    fields = {field["name"]: of_type(field["type"]) for field in said["map"]["fields"]}
    return {"type": "object", "properties": fields, "additionalProperties": False}
