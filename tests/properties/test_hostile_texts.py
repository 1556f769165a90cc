"""Texts that people and strangers write, spoiled: each is taken, or refused by the one error that its reader has.

``LICTOR_HOSTILE=100000 pytest --timeout 0`` reads so many at each door.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spoiled import COUNT, spoil

from lictor_actors.consul.acl_rules import BadRules, parse
from lictor_actors.consul.structs.catalog import HEALTH
from lictor_actors.store.acl.authorizer import Authorizer
from lictor_actors.store.errors import QueryRefused
from lictor_actors.store.filter.apply import keeps
from lictor_deploy.agent.spec import fed, lane_places
from lictor_deploy.config.load import Sources, load
from lictor_deploy.words.sentence import Failure

ROW = {
    "Node": {"Node": "n1", "Meta": {"rack": "a", "odd key": "x"}, "TaggedAddresses": None},
    "Service": {"ID": "web1", "Service": "web", "Tags": ("blue",), "Port": 80, "Meta": {}, "Weights": {"Passing": 1}},
    "Checks": [{"CheckID": "serfHealth", "Status": "passing"}],
}
FILTERS = (
    'Service.Service == "web" and not (Checks.Status != passing or blue in Service.Tags)',
    "Service.Port != 80 or Node.Meta is not empty",
    'Node.Meta["odd key"] not matches `^(a|b)+$` and Service.Weights.Passing == 1',
    '"/Node/Meta/rack" == a or Service.Meta contains zone',
)
RULES = (
    'key_prefix "a/" { policy = "list" }\nkey "b" { policy = "deny" }\nacl = "write"',
    'service "web" { policy = "write" intentions = "read" }\nnode_prefix "" { policy = "read" }',
    '{"key": {"a": {"policy": "write"}}, "operator": "read", "session_prefix": {"": {"policy": "deny"}}}',
)
HCL = (
    'server = true\nbootstrap_expect = 3\nports { dns = -1 http = 8500 }\nretry_join = ["10.0.0.1", "10.0.0.2:8301"]',
    'dns_config { service_ttl { "web*" = "5s" } allow_stale = true max_stale = "10s" }\nlimits { rpc_rate = 10.5 }',
    'service { name = "web" port = 80 check { http = "http://127.0.0.1:1/" interval = "10s" timeout = "1s" } }',
    'telemetry { prefix_filter = ["+consul.raft", "-consul.kvs"] }\nbind_addr = "{{ GetPrivateIP }}"',
    'acl { enabled = true tokens { agent = "11111111-2222-4333-8444-555555555555" } } # odd\nnode_meta { a = "b" }',
)
WATCHES = (
    'watches = [{ type = "key" key = "a/b" handler_type = "script" args = ["/bin/true", "x"] }]',
    'watches { type = "service" service = "web" tag = ["v1"] passingonly = true handler_type = "http"\n'
    'http_handler_config { path = "http://127.0.0.1:1/" method = "POST" timeout = "10s" tls_skip_verify = true } }',
    'watches = [{ type = "checks" state = "critical" args = ["x"] }, { type = "event" name = "deploy" args = ["x"] }]',
)
JSON = (
    json.dumps({"server": True, "ports": {"dns": -1}, "service": {"name": "web", "check": {"ttl": "10s"}}}),
    json.dumps({"watches": [{"type": "keyprefix", "prefix": "a/", "args": ["x"]}], "gossip_lan": {"gossip_nodes": 3}}),
    json.dumps({"autopilot": {"min_quorum": 3, "last_contact_threshold": "200ms"}, "node_name": "n", "recursors": []}),
)
ODD = (
    *"\"`{}[]()=,:.#/\\$<-+\n\0 \t'*!\x1b\x7f",
    *("\ud800", "ü", "\u2028", "\U0001f600", "<<EOF\n", "${a}", "{{", "//", "/*", "*/", "0x", "1e999", "-0", "9" * 40),
    *("null", "true", " and ", " or ", " not ", " in ", " is empty", " matches ", "(a+)+$", "[[:x:]]", '"\\u', '{"a":'),
)


class Door(NamedTuple):
    """Who reads such texts."""

    read: Callable[[str, Path], None]
    legal: tuple[str, ...]
    refuses: type[Exception]
    suffix: str = ""


def filtered(text: str, _: Path) -> None:
    keeps(HEALTH, text)(ROW)


def ruled(text: str, _: Path) -> None:
    Authorizer([parse(text)], default_allows=False).allows("key", "read", "a")


def configured(text: str, file: Path) -> None:
    """What is taken can be handed on."""
    file.write_bytes(text.encode(errors="surrogatepass"))
    config, _ = load(Sources(files=[str(file)]), {}, dev=True)
    assert dict(fed(config))
    assert lane_places(config)


DOORS = {
    "filter": Door(filtered, FILTERS, QueryRefused),
    "rules": Door(ruled, RULES, BadRules),
    "hcl": Door(configured, HCL, Failure, ".hcl"),
    "watches": Door(configured, WATCHES, Failure, ".hcl"),
    "json": Door(configured, JSON, Failure, ".json"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.mark.parametrize("name", DOORS)
def test_a_spoiled_text_is_taken_or_refused_in_words(folder: Path, name: str) -> None:
    door = DOORS[name]
    for seed in range(COUNT):
        text = spoil(Random(seed), door.legal, ODD)
        why = _refused(door, text, folder)
        assert why is None or why.strip(), text


@pytest.mark.parametrize("name", DOORS)
@given(text=st.text(max_size=80))
def test_any_text_is_taken_or_refused_in_words(folder: Path, name: str, text: str) -> None:
    why = _refused(DOORS[name], text, folder)
    assert why is None or why.strip()


def _refused(door: Door, text: str, folder: Path) -> str | None:
    try:
        door.read(text, folder / f"agent{door.suffix}")
    except door.refuses as refused:
        return str(refused)
    return None


@pytest.mark.parametrize("name", DOORS)
def test_every_legal_text_is_taken(folder: Path, name: str) -> None:
    door = DOORS[name]
    for number, text in enumerate(door.legal):
        if (name, number) != ("hcl", 3):  # not every machine has a private address
            door.read(text, folder / f"agent{door.suffix}")
