"""The hash of a service's content is Consul's own number."""

from __future__ import annotations

import pytest

from lictor_actors.consul.content_hash import content_hash
from lictor_messages.base import FrozenMap
from lictor_messages.catalog import ServicePort, ServiceRecord, TaggedAddress, Weights

FOO = ServiceRecord(node="n1", id="foo", service="foo", tags=("bar", "baz"), port=8000)


def test_it_is_what_the_tests_of_consuls_go_client_expect() -> None:
    assert content_hash(FOO) == "1d5d568c14309fa8"


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"meta": FrozenMap({"a": "1", "b": "2"}), "address": "10.0.0.1"}, "2d8177f0c10f3391"),
        ({"tagged_addresses": (TaggedAddress(name="lan", address="10.0.0.1", port=80),)}, "38b440e620500c30"),
        ({"ports": (ServicePort(name="web", port=80, default=True),), "enable_tag_override": True}, "a6928a9b2959e21c"),
        ({"weights": Weights(passing=5, warning=2), "connect_native": True, "kind": "x"}, "16bacb01314082fc"),
        ({"port": -1, "socket_path": "/run/ü"}, "39ac6a771710a087"),
    ],
    ids=["meta", "tagged", "ports", "connect", "port"],
)
def test_numbers_that_hashstructure_gave_for_the_same_struct(change: dict[str, object], number: str) -> None:
    assert content_hash(FOO.model_copy(update=change)) == number


def test_no_number_is_too_large_to_be_hashed() -> None:
    assert content_hash(FOO.model_copy(update={"port": 2**63})) != content_hash(FOO)
