"""Any value at any key of the configuration is taken, or refused in a sentence that an operator can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lictor_deploy.agent.spec import fed, lane_places
from lictor_deploy.config.load import Sources, load
from lictor_deploy.config.option import options
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

KEYS = [one.key for one in options(AgentConfig)]
WORDS = st.sampled_from(
    (
        *("", "0", "-1", "10s", "1m30s", "9" * 40 + "s", "10.0.0.0/8", "fd00::/8", "::1", "fe80::1%x", "0.0.0.0"),
        *("a.host", "{{ GetPrivateIP }}", "{{", "unix:///run/x", "TLSv1_2", "deny", "lan", "+consul.raft", "\0", "ü"),
    )
)
NUMBERS = st.integers(-(2**70), 2**70) | st.sampled_from([0, 1, -1, 2**31, 2**63, 65536]) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WATCHES = st.lists(
    st.dictionaries(
        st.sampled_from(["type", "key", "prefix", "service", "state", "name", "args", "handler", "handler_type"])
        | st.sampled_from(["http_handler_config", "passingonly", "tag", "datacenter", "token", "stale", "odd"]),
        VALUES | st.sampled_from(["key", "service", "checks", "event", "http", "script"]),
        max_size=5,
    ),
    max_size=2,
)


def taken(raw: dict[str, Any], file: Path) -> bool:
    """What is refused is refused by a Failure, and what is taken can be handed on."""
    file.write_text(json.dumps(raw))
    try:
        config, _ = load(Sources(files=[str(file)]), {}, dev=True)
    except Failure as failure:
        told = str(failure)
    else:
        assert dict(fed(config))
        assert lane_places(config)
        return True
    assert told.strip()
    return False


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd") / "agent.json"


@given(key=st.sampled_from(KEYS), value=VALUES)
@example(key="serf_lan_allowed_cidrs", value=["10.0.0.0/8"])
@example(key="gossip_lan.probe_interval", value="1s")
def test_any_value_of_any_key(file: Path, key: str, value: Any) -> None:
    section, _, inner = key.rpartition(".")
    raw: dict[str, Any] = {inner: value}
    for name in reversed(section.split(".")) if section else ():
        raw = {name: raw}
    taken(raw, file)


@given(watches=WATCHES)
def test_any_watch(file: Path, watches: list[dict[str, Any]]) -> None:
    taken({"watches": watches}, file)


def test_good_ones_are_taken(file: Path) -> None:
    assert taken({"gossip_lan": {"probe_interval": "1s"}, "serf_lan_allowed_cidrs": ["10.0.0.0/8"]}, file)
