"""The actor contract in short, in a process of Ray: not in its main thread, lanes of TCP, ports drawn there."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.timeout(180)]

HERE = Path(__file__).parent
RULES = (
    "test_a_request_from_another_node_is_answered_there",
    "test_a_forwarded_request_is_answered_by_whoever_finishes_it",
    "test_a_send_waits_for_what_was_persisted_before_it_in_the_same_turn_and_an_early_one_does_not",
    "test_a_restarted_actor_is_sent_what_it_persisted",
    "test_a_timer_of_an_earlier_life_does_not_ring",
    "test_too_many_restarts_take_the_node_down_and_the_other_nodes_go_on",
    "test_the_same_poison_twice_stops_the_actor_and_names_it",
    "test_a_forwarder_learns_that_its_forward_was_not_delivered",
    "test_no_timer_comes_before_its_time",
    "test_an_answer_that_cannot_reach_its_asker_goes_once_by_way_of_its_source",
)


class Contract:
    """An actor of Ray that runs one of the contract's tests."""

    def run(self, rule: str) -> None:
        import uvloop

        from lictor_actors.hosts.ray.place import here
        from lictor_actors.hosts.ray.ports import drawn_ports

        contract = load()
        ip = here().ip
        with drawn_ports(ip, 2) as (gossip, rest):
            stage = contract.OnLive(uvloop.new_event_loop(), (f"tcp://{ip}:{gossip}", f"tcp://{ip}:{rest}"))
        try:
            getattr(contract, rule)(stage)
        finally:
            stage.close()


def load() -> ModuleType:
    """The contract's module, in a process that pytest has not prepared."""
    if "actor_contract" not in sys.modules:
        sys.path.append(str(HERE.parent / "harness"))
        spec = importlib.util.spec_from_file_location("actor_contract", HERE / "test_actor_contract.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["actor_contract"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["actor_contract"])
    return sys.modules["actor_contract"]


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    import ray

    own = {"HOME": str(tmp_path_factory.mktemp("home")), "RAY_USAGE_STATS_ENABLED": "0"}
    with patch.dict(os.environ, own):
        # ray.init makes a token in HOME and sets RAY_AUTH_MODE: what is started later would miss the token.
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        ray.init("local", include_dashboard=False, log_to_driver=False, num_cpus=1, _node_ip_address="127.0.0.1")
        yield ray.remote(Contract).remote()
        ray.shutdown()


@pytest.mark.parametrize("rule", RULES)
def test_the_contract_holds_on_ray(actor: Any, rule: str) -> None:
    import ray

    ray.get(actor.run.remote(rule), timeout=60)
