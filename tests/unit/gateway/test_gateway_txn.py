from __future__ import annotations

import base64
import json

import pytest

from lictor_messages.catalog import CheckRecord, NodeRecord, ServiceRecord
from lictor_messages.kv import Entry
from lictor_messages.txn import (
    CheckOperation,
    Failure,
    KeyOperation,
    NodeOperation,
    Operation,
    ReadTransaction,
    Result,
    ServiceOperation,
    SessionOperation,
    Transact,
    Transacted,
)

ID = "0a1b2c3d-0000-4000-8000-000000000001"


def put(desk, operations, query="") -> str:
    return desk.http("PUT", f"/v1/txn{query}", json.dumps(operations).encode())


def test_every_family_of_operations_reaches_the_store(desk):
    put(
        desk,
        [
            {"KV": {"Verb": "cas", "Key": "k", "Value": base64.b64encode(b"v").decode(), "Flags": 7, "Index": 3}},
            {"kv": {"verb": "lock", "key": "l", "session": ID, "value": None}},
            {"Node": {"Verb": "set", "Node": {"Node": "n1", "Address": "10.0.0.1", "Meta": {"a": "b"}}}},
            {"Service": {"Verb": "delete-cas", "Node": "n1", "Service": {"ID": "web", "ModifyIndex": 9}}},
            {"Check": {"Verb": "set", "Check": {"Node": "n1", "CheckID": "c", "Name": "C", "Status": "passing"}}},
            {"Session": {"Verb": "delete", "Session": {"ID": ID}}},
        ],
    )
    node = NodeRecord(node="n1", address="10.0.0.1", meta={"a": "b"})
    service = ServiceRecord(node="n1", id="web", service="", modify_index=9)
    assert desk.upstream() == Transact(
        operations=(
            Operation(kv=KeyOperation(verb="cas", key="k", value=b"v", flags=7, index=3)),
            Operation(kv=KeyOperation(verb="lock", key="l", session=ID)),
            Operation(node=NodeOperation(verb="set", node=node)),
            Operation(service=ServiceOperation(verb="delete-cas", service=service)),
            Operation(
                check=CheckOperation(verb="set", check=CheckRecord(node="n1", check_id="c", name="C", status="passing"))
            ),
            Operation(session=SessionOperation(verb="delete", id=ID)),
        )
    )


def test_sessions_are_found_whatever_the_case_of_their_ids(desk):
    verbs = [{"KV": {"Verb": verb, "Key": "K", "Session": ID.upper()}} for verb in ("lock", "unlock", "check-session")]
    put(desk, [*verbs, {"Session": {"Verb": "delete", "Session": {"ID": ID.upper()}}}])
    *keys, session = desk.upstream().operations
    assert [(operation.kv.key, operation.kv.session) for operation in keys] == [("K", ID)] * 3
    assert session == Operation(session=SessionOperation(verb="delete", id=ID))


def test_an_operation_of_a_family_counts_though_it_is_empty_and_one_of_none_is_passed_over(desk):
    """Consul does both."""
    put(desk, [{"KV": {}}, {"Node": {}}, {"Service": {}}, {"Check": {}}, {"Session": {}}, {"KV": None}, {}, None])
    families = [next(iter(operation.model_fields_set), "") for operation in desk.upstream().operations]
    assert families == ["kv", "node", "service", "check", "session"]


def test_of_several_families_the_first_counts(desk):
    put(desk, [{"Node": {"Verb": "get"}, "KV": {"Verb": "set", "Key": "k"}}, {"KV": None, "Node": {"Verb": "set"}}])
    first, second = desk.upstream().operations
    assert (first.kv.key, first.node, second.node.verb) == ("k", None, "set")


def test_results_have_consuls_shape(desk, header):
    request = put(desk, [{"KV": {"Verb": "set", "Key": "k"}}, {"KV": {"Verb": "delete", "Key": "x"}}])
    entry = Entry(key="k", create_index=5, modify_index=5)
    desk.answer(Transacted(index=5, results=(Result(kv=entry),)))
    answer = desk.answers[request]
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "Results": [
            {"KV": {"LockIndex": 0, "Key": "k", "Flags": 0, "Value": None, "CreateIndex": 5, "ModifyIndex": 5}}
        ],
        "Errors": None,
    }
    assert not header(answer, "X-Consul-Index")


def test_only_deletes_give_an_empty_list(desk):
    request = put(desk, [{"KV": {"Verb": "delete", "Key": "x"}}])
    desk.answer(Transacted(index=5))
    assert desk.answers[request].body == b'{"Results":[],"Errors":null}'


def test_a_failed_operation_is_409_with_its_place_and_reason(desk):
    request = put(desk, [{"KV": {"Verb": "cas", "Key": "t", "Index": 1}}])
    desk.answer(Transacted(index=5, failures=(Failure(op_index=0, what='failed to set key "t", index is stale'),)))
    answer = desk.answers[request]
    assert answer.status == 409
    assert json.loads(answer.body) == {
        "Results": None,
        "Errors": [{"OpIndex": 0, "What": 'failed to set key "t", index is stale'}],
    }


def test_a_transaction_that_only_reads_is_a_read_with_its_consistency(desk, header):
    operations = [{"KV": {"Verb": "get", "Key": "k"}}, {"Node": {"Verb": "get", "Node": {"Node": "n1"}}}]
    request = put(desk, operations, "?consistent")
    query = desk.upstream()
    assert isinstance(query, ReadTransaction)
    assert (query.consistency, query.rendered) == ("consistent", False)
    desk.answer(Transacted(index=8, last_contact_ms=2, results=(Result(kv=Entry(key="k", value=b"v")),)))
    answer = desk.answers[request]
    body = json.loads(answer.body)
    assert body["Results"][0]["KV"]["Value"] == base64.b64encode(b"v").decode()
    assert (body["Index"], body["LastContact"], body["KnownLeader"]) == (8, 2_000_000, True)
    assert header(answer, "X-Consul-KnownLeader") == "true"
    assert header(answer, "X-Consul-LastContact") == "2"
    assert not header(answer, "X-Consul-Index")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "Failed to parse body: unexpected EOF"),
        (b"{}", 400, "Failed to parse body: json: cannot unmarshal object"),
        (b'[{"XV":{}}]', 400, 'Failed to parse body: json: unknown field "XV"'),
        (b'[{"KV":{"Verb":"set","Key":"k","Value":"%"}}]', 400, "Failed to parse body: illegal base64 data"),
        (
            b'[{"KV":{"Verb":"set","Key":"k","Flags":-1}}]',
            400,
            "Failed to parse body: json: cannot unmarshal number -1",
        ),
        (json.dumps([{}] * 129).encode(), 413, "Transaction contains too many operations (129 > 128)"),
        (b" " * 524_289, 413, "Request body(524289 bytes) too large, max size: 524288 bytes. See "),
    ],
)
def test_bad_transactions_get_consuls_words(desk, body, status, words):
    answer = desk.answers[desk.http("PUT", "/v1/txn", body)]
    assert (answer.status, answer.body.decode()[: len(words)]) == (status, words)


def test_128_operations_are_not_too_many(desk):
    put(desk, [{"KV": {"Verb": "set", "Key": "k"}}] * 128)
    assert len(desk.upstream().operations) == 128
