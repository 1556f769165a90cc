"""A new field of a check is one new line, in its record: all else that Consul's JSON needs of it follows from that."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lictor_messages

NEW_LINES = (
    (
        "class CheckDefinition(Record):",
        '    colour: Annotated[str, Json("FavouriteColour", empty="omitted", before="Header")] = ""',
    ),
    ("class CheckRecord(Record):", '    owner: Annotated[str, Json("OwnerTeam")] = ""'),
    ("class CheckRecord(Record):", '    patience_ns: Annotated[int, Json("Patience", "duration")] = 0'),
)

LOOK = """
import json
from lictor_actors.consul.definitions import check_of
from lictor_actors.consul.json_rows import check_json, instance_json
from lictor_actors.consul.structs.agent import CHECK_DEFINITION
from lictor_actors.consul.structs.catalog import CHECK, HEALTH, REGISTER
from lictor_actors.store.filter.apply import keeps
from lictor_messages.catalog import CheckRecord, Instance, NodeRecord, ServiceRecord

spec = check_of(CHECK_DEFINITION.decoded(b'{"Name": "c", "TTL": "10s", "favourite_colour": "red"}'))
check = b'{"Node": "n", "OwnerTeam": "core", "patience": "90s", "Definition": {"favouritecolour": "blue"}}'
body = b'{"Check": ' + check + b'}'
record = CHECK.record(REGISTER.decoded(body)["Check"], status="passing")
row = check_json(record)
node, service = NodeRecord(node="n", address="a"), ServiceRecord(node="n", id="w", service="w")
health = Instance(node=node, service=service, checks=(record,))
print(json.dumps({
    "what the agent brings to the catalog": spec.colour,
    "what the catalog is told": [record.owner, record.patience_ns, record.definition.colour],
    "row": [row["OwnerTeam"], row["Patience"], row["Definition"]],
    "places": list(row)[-3:],
    "omitted": check_json(CheckRecord(node="n", check_id="c", name="c"))["Definition"],
    "filter of checks": [keeps(CHECK, f'OwnerTeam == "{team}"')(row) for team in ("core", "edge")],
    "filter of health": keeps(HEALTH, "Checks.OwnerTeam == core")(instance_json(health)),
    "schema": [CHECK.schema["properties"]["OwnerTeam"], CHECK_DEFINITION.schema["properties"]["FavouriteColour"]],
}))
"""


@pytest.mark.slow
def test_a_new_field_of_a_check_is_declared_once(tmp_path: Path) -> None:
    declare_in_a_copy(tmp_path)
    found = json.loads(run(LOOK, tmp_path))
    assert found == {
        "what the agent brings to the catalog": "red",
        "what the catalog is told": ["core", 90_000_000_000, "blue"],
        "row": ["core", "1m30s", {"FavouriteColour": "blue"}],
        "places": ["Patience", "CreateIndex", "ModifyIndex"],
        "omitted": {},
        "filter of checks": [True, False],
        "filter of health": True,
        "schema": [{"type": "string"}, {"type": "string"}],
    }


def declare_in_a_copy(folder: Path) -> None:
    """The package of messages with the new lines, each before the first stamp or the end of its class."""
    copy = folder / "lictor_messages"
    shutil.copytree(Path(lictor_messages.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    catalog = copy / "catalog.py"
    text = catalog.read_text()
    for record, line in NEW_LINES:
        before, head, after = text.partition(record)
        fields, stop, rest = after.partition("\n    create_index:" if "CheckRecord" in record else "\n\n\nclass")
        assert head
        assert stop
        text = f"{before}{head}{fields}\n{line}{stop}{rest}"
    catalog.write_text(text)


def run(script: str, packages: Path) -> str:
    """What a fresh Python prints that finds these packages first."""
    path = os.pathsep.join([str(packages), *filter(None, sys.path)])
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert found.returncode == 0, found.stderr
    return found.stdout
