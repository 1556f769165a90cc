"""The audit log's stanza and its files."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from lictor_deploy.agent.audit import audit_log
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure


def configured(text: str) -> AgentConfig:
    return load(Sources(fragments=(text,)), {}, dev=True)[0]


def sink(name: str, more: str) -> str:
    return f'sink "{name}" {{ type = "file", format = "json", {more} }}'


def test_without_the_stanza_there_is_no_audit_log() -> None:
    for text in ("", 'audit { enabled = false, sink "a" { path = "/nowhere/a" } }'):
        with audit_log(configured(text)) as write:
            assert write is None


def test_each_sink_gets_each_line_in_files_of_its_owner_alone(tmp_path: Path) -> None:
    sinks = (
        f'{sink("a", f"""path = "{tmp_path}/a.json", rotate_bytes = 8""")}\n{sink("b", f"""path = "{tmp_path}/b/" """)}'
    )
    (tmp_path / "b").mkdir()
    with audit_log(configured(f"audit {{\n enabled = true\n {sinks}\n}}")) as write:
        assert write is not None
        for number in range(3):
            write(json.dumps([number]))
    first, second = sorted(tmp_path.glob("a-*.json")), list((tmp_path / "b").iterdir())
    assert [file.read_text() for file in first] == ["[0]\n[1]\n", "[2]\n"]
    assert [file.read_text() for file in second] == ["[0]\n[1]\n[2]\n"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in (*first, *second)} == {0o600}


def test_older_files_go_as_those_of_the_log_do(tmp_path: Path) -> None:
    one = sink("a", f'path = "{tmp_path}/a.json", rotate_bytes = 1, rotate_max_files = 2')
    with audit_log(configured(f"audit {{ enabled = true, {one} }}")) as write:
        assert write is not None
        for number in range(6):
            write(str(number))
    assert [file.read_text() for file in sorted(tmp_path.iterdir())] == ["3\n", "4\n", "5\n"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("audit { enabled = true }", "audit.enabled writes nothing without a place"),
        ('audit { enabled = true, sink "a" { type = "file" } }', "audit.sink.a needs a path"),
        ('audit { sink "a" { type = "syslog", path = "/a" } }', "audit.sink.a.type must be 'file'"),
        ('audit { sink "a" { format = "text", path = "/a" } }', "audit.sink.a.format must be 'json'"),
        ('audit { sink "a" { mode = "0640", path = "/a" } }', "audit.sink.a: Consul has mode, Lictor not yet"),
        ('audit { sink "a" { delivery_guarantee = "enforced" } }', "audit.sink.a.delivery_guarantee must be"),
        ('audit { sink "a" { paht = "/a" } }', "audit.sink.a.paht"),
        ("audit { sink = 1 }", "audit.sink must be an object"),
        ("audit { enable = true }", "audit.enable"),
        (
            'audit { enabled = true, sink "a" { path = "/nowhere/at/all" } }',
            "audit.sink.a.path '/nowhere/at/all' cannot",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(Failure, match=says), audit_log(configured(text)):
        pass
