"""Fields of bodies with null, "", numbers, units, the wrong type: null is as good as absent, the rest is Go's way."""

from __future__ import annotations

import json

import pytest

from lictor_messages.agent import RegisterCheck, RegisterService
from lictor_messages.autopilot import SetAutopilotConfiguration
from lictor_messages.catalog import Register
from lictor_messages.queries import CreatePreparedQuery
from lictor_messages.sessions import CreateSession, SessionRecord

SECOND = 1_000_000_000
SESSION, CHECK = "/v1/session/create", "/v1/agent/check/register"
SERVICE, CATALOG = "/v1/agent/service/register", "/v1/catalog/register"
AUTOPILOT, QUERY = "/v1/operator/autopilot/configuration", "/v1/query"


def sent(desk, target, body, method="PUT"):
    """What was asked for, or the answer as text."""
    before = len(desk.asked)
    request = desk.http(method, target, body.encode())
    if len(desk.asked) > before:
        return desk.asked[-1].body
    answer = desk.answers[request]
    return f"{answer.status} {answer.body.decode()}"


@pytest.mark.parametrize(
    "body",
    [
        "null",
        "{}",
        "",
        " null ",
        *(f'{{"{name}":null}}' for name in ("Name", "Node", "LockDelay", "Behavior", "TTL", "Checks", "NodeChecks")),
        *(f'{{"{name}":null}}' for name in ("ServiceChecks", "lockdelay", "LOCKDELAY", "ID", "Unknown")),
        '{"LockDelay":null,"TTL":null,"NodeChecks":null,"Checks":null}',
    ],
)
def test_null_in_a_session_is_as_good_as_nothing(desk, body):
    create = sent(desk, SESSION, body)
    assert isinstance(create, CreateSession)
    assert create.session == SessionRecord(id=create.session.id, node="n1")


@pytest.mark.parametrize(
    ("given", "ns"),
    [
        ("0", 0),
        ("1", SECOND),
        ("999", 999 * SECOND),
        ("1000", 1000),
        ("1e9", SECOND),
        ('"0"', 0),
        ('"0s"', 0),
        ('"5s"', 5 * SECOND),
        ('"1m30s"', 90 * SECOND),
        ('"1.5h"', 5400 * SECOND),
        ('"+5s"', 5 * SECOND),
        ('".5s"', SECOND // 2),
        ('"250ms"', SECOND // 4),
        ('"1000ns"', 1000),
        ('"5ns"', 5 * SECOND),
        ('"2us"', 2000),
        ('"-0s"', 0),
    ],
)
def test_a_lock_delay_as_a_text_or_a_number(desk, given, ns):
    assert sent(desk, SESSION, f'{{"LockDelay":{given}}}').session.lock_delay_ns == ns


BAD_DURATIONS = [
    ('""', 'time: invalid duration ""'),
    ('"x"', 'time: invalid duration "x"'),
    ('"s"', 'time: invalid duration "s"'),
    ('"10"', 'time: missing unit in duration "10"'),
    ('"10 s"', 'time: unknown unit " s" in duration "10 s"'),
    ('"10S"', 'time: unknown unit "S" in duration "10S"'),
    ('"1d"', 'time: unknown unit "d" in duration "1d"'),
    ('" 1s"', 'time: invalid duration " 1s"'),
    ('"-"', 'time: invalid duration "-"'),
    ('"1s2"', 'time: missing unit in duration "1s2"'),
    ('"9999999999h"', 'time: invalid duration "9999999999h"'),
    ('"."', 'time: invalid duration "."'),
]
IN_CATALOG = '{{"Node":"n","Address":"a","Check":{{"Definition":{{%s}}}}}}'
FIELDS = [
    (SESSION, "Request decode failed: ", '{{"LockDelay":{}}}'),
    (CHECK, "Request decode failed: ", '{{"Name":"c","TTL":{}}}'),
    (CHECK, "Request decode failed: ", '{{"Name":"c","TCP":"a:1","Interval":{}}}'),
    (CHECK, "Request decode failed: ", '{{"Name":"c","TCP":"a:1","Interval":"1s","Timeout":{}}}'),
    (CHECK, "Request decode failed: ", '{{"Name":"c","TTL":"1s","DeregisterCriticalServiceAfter":{}}}'),
    (SERVICE, "Request decode failed: ", '{{"Name":"w","Check":{{"TTL":{}}}}}'),
    (SERVICE, "Request decode failed: ", '{{"Name":"w","Checks":[{{"TCP":"a:1","Interval":{}}}]}}'),
    (CATALOG, "Request decode failed: ", IN_CATALOG % '"Interval":{}'),
    (CATALOG, "Request decode failed: ", IN_CATALOG % '"TimeoutDuration":{}'),
    (AUTOPILOT, "Error parsing autopilot config: ", '{{"LastContactThreshold":{}}}'),
    (AUTOPILOT, "Error parsing autopilot config: ", '{{"ServerStabilizationTime":{}}}'),
]


@pytest.mark.parametrize(("given", "words"), BAD_DURATIONS)
@pytest.mark.parametrize(("target", "prefix", "body"), FIELDS)
def test_what_is_no_duration_is_refused_in_gos_words(desk, target, prefix, body, given, words):
    assert sent(desk, target, body.format(given)) == f"400 {prefix}{words}"


@pytest.mark.parametrize("given", ["true", "false", "[]", "{}", "[1]", '["5s"]', '{"a":1}'])
@pytest.mark.parametrize(("target", "prefix", "body"), FIELDS)
def test_what_cannot_be_a_duration_is_refused_by_its_type(desk, target, prefix, body, given):
    answer = sent(desk, target, body.format(given))
    kind = {"t": "bool", "f": "bool", "[": "array", "{": "object"}[given[0]]
    assert answer.startswith(f"400 {prefix}json: cannot unmarshal {kind} into Go struct field ")
    assert answer.endswith(" of type time.Duration")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"TTL":10}', "number into Go struct field Session.TTL of type string"),
        ('{"Name":true}', "bool into Go struct field Session.Name of type string"),
        ('{"Node":[]}', "array into Go struct field Session.Node of type string"),
        ('{"Behavior":{}}', "object into Go struct field Session.Behavior of type string"),
        ('{"NodeChecks":"serfHealth"}', "string into Go struct field Session.NodeChecks of type []string"),
        ('{"NodeChecks":[1]}', "number into Go struct field Session.NodeChecks of type string"),
        ('{"Checks":{}}', "object into Go struct field Session.Checks of type []string"),
        ("[]", "array into Go value of type structs.Session"),
        ("5", "number into Go value of type structs.Session"),
        ('"x"', "string into Go value of type structs.Session"),
        ("true", "bool into Go value of type structs.Session"),
    ],
)
def test_the_wrong_type_in_a_session(desk, body, words):
    assert sent(desk, SESSION, body) == f"400 Request decode failed: json: cannot unmarshal {words}"


SERVICE_FIELDS = ("ID", "Tags", "Address", "Port", "Meta", "TaggedAddresses", "Weights", "EnableTagOverride")
SERVICE_FIELDS += ("Check", "Checks", "Kind", "Proxy", "Connect", "SocketPath", "Namespace", "Token", "Locality")


@pytest.mark.parametrize("name", SERVICE_FIELDS)
def test_null_in_a_service_is_as_good_as_nothing(desk, name):
    without = sent(desk, SERVICE, '{"Name":"web"}')
    assert isinstance(without, RegisterService)
    assert sent(desk, SERVICE, f'{{"Name":"web","{name}":null}}') == without


CHECK_FIELDS = ("ID", "CheckID", "Notes", "ServiceID", "Status", "Interval", "Timeout", "Header", "Method", "Body")
CHECK_FIELDS += ("OutputMaxSize", "SuccessBeforePassing", "FailuresBeforeCritical", "DeregisterCriticalServiceAfter")


@pytest.mark.parametrize("name", CHECK_FIELDS)
def test_null_in_a_check_is_as_good_as_nothing(desk, name):
    without = sent(desk, CHECK, '{"Name":"c","TTL":"1s"}')
    assert isinstance(without, RegisterCheck)
    assert sent(desk, CHECK, f'{{"Name":"c","TTL":"1s","{name}":null}}') == without


NODE_FIELDS = ("ID", "Datacenter", "TaggedAddresses", "NodeMeta", "SkipNodeUpdate", "Service", "Check", "Checks")


@pytest.mark.parametrize("name", NODE_FIELDS)
def test_null_in_a_registration_is_as_good_as_nothing(desk, name):
    without = sent(desk, CATALOG, '{"Node":"n9","Address":"a"}')
    assert isinstance(without, Register)
    assert sent(desk, CATALOG, f'{{"Node":"n9","Address":"a","{name}":null}}') == without


@pytest.mark.parametrize("name", ["CleanupDeadServers", "LastContactThreshold", "MaxTrailingLogs", "MinQuorum"])
def test_null_in_autopilots_configuration_is_as_good_as_nothing(desk, name):
    without = sent(desk, AUTOPILOT, "{}")
    assert isinstance(without, SetAutopilotConfiguration)
    assert sent(desk, AUTOPILOT, f'{{"{name}":null}}') == without
    assert sent(desk, AUTOPILOT, "null") == without


@pytest.mark.parametrize("name", ["Session", "Token", "Template", "DNS", "Near"])
def test_null_in_a_prepared_query_is_as_good_as_nothing(desk, name):
    body = {"Name": "q", "Service": {"Service": "web", "Failover": None, "Near": None, "Tags": None}}
    made = sent(desk, QUERY, json.dumps({**body, name: None}), "POST")
    assert isinstance(made, CreatePreparedQuery)
    assert made.query.service.service == "web"
