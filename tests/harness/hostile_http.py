"""What may come in over HTTP: legal bodies of every route that reads one, odd things to put into them, odd parameters.

Bodies are made as text, because much of what is odd has no value in Python: digits without end, half a surrogate pair.
"""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

from lictor_actors.roles.api.api import ROUTER

UUID = "0a1b2c3d-0000-4000-8000-000000000001"
CHECK = {"Name": "c", "CheckID": "c1", "TTL": "10s", "Notes": "n", "Status": "passing", "OutputMaxSize": 4096}
RUN = {"Name": "h", "HTTP": "http://127.0.0.1:1/", "Method": "GET", "Header": {"X-A": ["b"]}, "Body": "b"}
RUN |= {"Interval": "10s", "Timeout": "1s", "TLSSkipVerify": True, "TLSServerName": "t", "DisableRedirects": True}
RUN |= {"SuccessBeforePassing": 1, "FailuresBeforeCritical": 2, "DeregisterCriticalServiceAfter": "90m"}
ADDRESSES = {"lan": {"Address": "10.0.0.9", "Port": 80}}
SERVICE = {"ID": "w1", "Tags": ["a"], "Address": "10.0.0.9", "Port": 80, "Meta": {"k": "v"}}
SERVICE |= {"TaggedAddresses": ADDRESSES, "Weights": {"Passing": 1, "Warning": 1}, "EnableTagOverride": False}
NODE = {"Node": "n9", "Address": "10.0.0.9", "ID": UUID, "TaggedAddresses": {"lan": "10.0.0.9"}}
IN_CATALOG = {"Node": "n9", "CheckID": "c9", "Name": "c", "Status": "passing", "Output": "o", "ServiceID": "w9"}
IN_CATALOG |= {"Definition": {"TCP": "a:1", "Interval": "10s", "Timeout": 1, "Header": {"A": ["b"]}}, "ModifyIndex": 3}
OF_CATALOG = {**SERVICE, "Service": "web", "ID": "w9", "ModifyIndex": 3}
BORNE = {
    "Policies": [{"ID": "00000000-0000-0000-0000-000000000001", "Name": ""}],
    "ServiceIdentities": [{"ServiceName": "web", "Datacenters": ["dc1"]}],
    "NodeIdentities": [{"NodeName": "n9", "Datacenter": "dc1"}],
    "TemplatedPolicies": [{"TemplateName": "builtin/node", "TemplateVariables": {"Name": "n9"}, "Datacenters": []}],
}
METHOD = {
    "Name": "known", "Type": "jwt", "DisplayName": "K", "Description": "d",
    "MaxTokenTTL": "5m", "TokenLocality": "local",
    "Config": {
        "JWKSURL": "https://ci.example/keys", "BoundIssuer": "ci", "BoundAudiences": ["a"], "ClockSkewLeeway": "1s",
        "JWTSupportedAlgs": ["RS256"], "ClaimMappings": {"sub": "user"}, "ListClaimMappings": {"groups": "groups"},
    },
}  # fmt: skip
RULE = {
    "AuthMethod": "known",
    "Description": "d",
    "Selector": 'value.user == "a"',
    "BindType": "service",
    "BindName": "w",
}
LEGAL: dict[tuple[str, str], Any] = {
    ("PUT", "/v1/acl/token"): {"Description": "d", **BORNE, "Roles": [], "Local": True, "ExpirationTTL": "1h"},
    ("PUT", "/v1/acl/token/00000000-0000-0000-0000-000000000002"): {"Description": "d", **BORNE},
    ("PUT", "/v1/acl/policy"): {"Name": "p", "Description": "d", "Rules": 'acl = "read"', "Datacenters": ["dc1"]},
    ("PUT", f"/v1/acl/policy/{UUID}"): {"ID": UUID, "Name": "known", "Rules": '{"key": {"a": {"policy": "list"}}}'},
    ("PUT", "/v1/acl/role"): {"Name": "r", "Description": "d", **BORNE},
    ("PUT", f"/v1/acl/role/{UUID}"): {"Name": "known", **BORNE},
    ("POST", "/v1/acl/templated-policy/preview/builtin/node"): {"Name": "n9"},
    ("PUT", "/v1/acl/auth-method"): METHOD,
    ("PUT", "/v1/acl/auth-method/known"): METHOD,
    ("PUT", "/v1/acl/binding-rule"): RULE,
    ("PUT", f"/v1/acl/binding-rule/{UUID}"): RULE,
    ("POST", "/v1/internal/acl/authorize"): [{"Resource": "key", "Access": "read", "Segment": "a"}],
    ("PUT", "/v1/agent/token/dns"): {"Token": "t"},
    ("PUT", "/v1/txn"): [
        {"KV": {"Verb": "set", "Key": "k", "Value": "aGk=", "Flags": 7, "Index": 0, "Session": ""}},
        {"Node": {"Verb": "set", "Node": {**NODE, "Meta": {"k": "v"}, "Datacenter": "dc1", "ModifyIndex": 0}}},
        {"Service": {"Verb": "set", "Node": "n9", "Service": OF_CATALOG}},
        {"Check": {"Verb": "set", "Check": IN_CATALOG}},
    ],
    ("PUT", "/v1/session/create"): {
        "Name": "s", "Node": "agent-1", "LockDelay": "15s", "TTL": "10s", "Behavior": "delete",
        "NodeChecks": ["serfHealth"], "Checks": [], "ServiceChecks": [],
    },
    ("PUT", "/v1/catalog/register"): {
        **NODE, "Datacenter": "dc1", "NodeMeta": {"k": "v"}, "SkipNodeUpdate": False, "Service": OF_CATALOG,
        "Check": IN_CATALOG, "Checks": [{**IN_CATALOG, "CheckID": "c8"}],
    },
    ("PUT", "/v1/catalog/deregister"): {"Datacenter": "dc1", "Node": "n9", "ServiceID": "w9", "CheckID": ""},
    ("PUT", "/v1/agent/service/register"): {**SERVICE, "Name": "web", "Check": CHECK, "Checks": [RUN]},
    ("PUT", "/v1/agent/check/register"): CHECK,
    ("PUT", "/v1/agent/check/update/c1"): {"Status": "warning", "Output": "o"},
    ("PUT", "/v1/operator/autopilot/configuration"): {
        "CleanupDeadServers": True, "LastContactThreshold": "200ms", "MaxTrailingLogs": 250, "MinQuorum": 0,
        "ServerStabilizationTime": "10s", "RedundancyZoneTag": "", "DisableUpgradeMigration": False,
        "UpgradeVersionTag": "",
    },
    ("POST", "/v1/query"): {
        "Name": "", "Session": "", "Token": "", "Template": {"Type": "name_prefix_match", "Regexp": "^(.*)$"},
        "Service": {
            "Service": "${match(1)}", "Failover": {"NearestN": 1, "Datacenters": ["dc2"]}, "OnlyPassing": True,
            "IgnoreCheckIDs": ["c"], "Near": "_agent", "Tags": ["a"], "NodeMeta": {"k": "v"}, "ServiceMeta": {},
        },
        "DNS": {"TTL": "10s"},
    },
    ("PUT", "/v1/coordinate/update"): {
        "Node": "agent-1", "Segment": "", "Coord": {"Vec": [0.5] * 8, "Error": 1.5, "Adjustment": 0.0, "Height": 0.001},
    },
    ("PUT", f"/v1/query/{UUID}"): {"Name": "q", "Service": {"Service": "web"}, "DNS": {"TTL": "10s"}},
}  # fmt: skip
"""By method and target: a body that is taken, with every field that the route knows in it."""
OTHER_WRITES = (
    ("PUT", "/v1/acl/bootstrap"),
    ("POST", "/v1/acl/login"),
    ("POST", "/v1/acl/logout"),
    ("DELETE", "/v1/acl/auth-method/0"),
    ("DELETE", "/v1/acl/binding-rule/0"),
    *((method, "/v1/operator/keyring") for method in ("POST", "PUT", "DELETE")),
    ("PUT", "/v1/internal/lictor/query/q"),
    ("DELETE", f"/v1/acl/token/{UUID}"),
    ("DELETE", "/v1/acl/policy/0"),
    ("DELETE", "/v1/acl/role/0"),
    ("PUT", "/v1/kv/k"),
    ("DELETE", "/v1/kv/k"),
    ("PUT", f"/v1/session/destroy/{UUID}"),
    ("PUT", f"/v1/session/renew/{UUID}"),
    ("DELETE", f"/v1/query/{UUID}"),
    ("PUT", "/v1/agent/service/deregister/w1"),
    ("PUT", "/v1/agent/service/maintenance/w1"),
    ("PUT", "/v1/agent/maintenance"),
    ("PUT", "/v1/agent/check/deregister/c1"),
    ("PUT", "/v1/agent/check/pass/c1"),
    ("PUT", "/v1/agent/check/warn/c1"),
    ("PUT", "/v1/agent/check/fail/c1"),
    ("PUT", "/v1/agent/join/10.0.0.77"),
    ("PUT", "/v1/agent/reload"),
    ("PUT", "/v1/agent/leave"),
    ("PUT", "/v1/agent/force-leave/n7"),
    ("PUT", "/v1/event/fire/e"),
    ("DELETE", "/v1/operator/raft/peer"),
    ("POST", "/v1/operator/raft/transfer-leader"),
    ("PUT", "/v1/snapshot"),
)
"""Those whose bodies are no JSON, or nothing."""
READS = sorted(route.path for route in ROUTER.table if route.method == "GET")
ENDS_THE_NODE = ("PUT", "/v1/agent/leave")

ODD = [
    *("9" * 20, "9" * 309, "9" * 4300, "9" * 4301, "-" + "9" * 100_000),
    *("1" + "0" * 400, "1e400", "-1e400", "0." + "9" * 5000),
    *("18446744073709551616", "18446744073709551615", "9223372036854775808", "9223372036854775807"),
    *("-9223372036854775809", "-9223372036854775808", "-1", "-0", "0", "1", "65536", "1.5", "1e3", "1e-400", "1E308"),
    *("true", "false", "null", "NaN", "Infinity", "-Infinity", "[]", "{}"),
    *("[null]", '[""]', '{"":""}', "[[]]", '{"":null}'),
    *("[" * 100_000, "[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900),
    *('{"a":' * 100_000, "[1" + ",1" * 5000 + "]"),
    *('"\\ud800"', '"\\udfff\\ud800"', '{"\\ud800":"\\udc00"}', '"\\u0000"', '"\x00"'),
    *('"\n"', '"\\x"', '"' + "x" * 100_000 + '"'),
    *('"\N{OGHAM SPACE MARK}"', '"\\u2028"', '"\\n"', '"/"', '"../.."', '"%"'),
    *('"a b"', '""', '"-"', '"🚀"', '"ſ"', '"İ"'),
    *('"10s"', '"-10s"', '"9223372036854775807ns"', '"' + "9" * 5000 + 's"'),
    *('"1h' + "0" * 5000 + 's"', '"0"', '"10"', '"."'),
    *('"${match(9999)}"', '"${match(0)}"', '"${name.full}"', '"$${"', '"${"'),
    *('"(a"', '"(?P<n>a*)*$"', '"' + "(" * 1000 + '"'),
    *("", "{", "[", '"', "\\", "}", "\ufeff{}", "\x00", "nul", "tru", "-", "+1", ".5", "0x10", "1_0", "'a'", "//"),
    *('{"a":1,"a":2}', '{"A":1,"a":[]}', '"passing"', '"critical"', '"release"'),
    *('"set"', '"delete-tree"', '"get-tree"', '"cas"'),
    *(f'"{UUID}"', '"agent-1"', '"server-1"', '"n9"', '"N9"', '"serfHealth"', '"dc2"'),
    *('"name_prefix_match"', '"0.0.0.0"', '"=="'),
]  # fmt: skip
"""Values as JSON writes them, or fails to."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
odd_values = st.sampled_from(ODD) | JSON.map(json.dumps)
PLACE = "@here@"
KINDS = {str: '"', bool: "tf", float: "-0123456789", int: "-0123456789", list: "[", dict: "{"}
"""How a value of a kind begins."""
LIKE = {kind: st.sampled_from([odd for odd in ODD if odd and odd[0] in begins]) for kind, begins in KINDS.items()}
"""Odd values of a kind: what is inside is looked at only if the kind is right."""


class Sent(NamedTuple):
    """One request."""

    method: str
    target: str
    body: bytes


@st.composite
def spoiled(draw: st.DrawFn) -> Sent:
    """A legal body with something odd in one to three of its places."""
    method, target = draw(st.sampled_from(sorted(LEGAL)))
    body = copy.deepcopy(LEGAL[method, target])
    text, old = _opened(draw, body)
    for _ in range(draw(st.integers(0, 2))):
        odd = draw(LIKE.get(type(old), odd_values))
        if not _is_json(odd):
            break
        text, old = _opened(draw, json.loads(text.replace(json.dumps(PLACE), odd)))
    before, _, after = text.partition(json.dumps(PLACE))
    return Sent(method, target, _bytes(before + draw(odd_values | LIKE.get(type(old), odd_values)) + after))


@st.composite
def anything_sent(draw: st.DrawFn) -> Sent:
    """Any body to any route that writes, whether it reads one or not."""
    method, target = draw(st.sampled_from(sorted((*LEGAL, *OTHER_WRITES))))
    body = draw(st.binary(max_size=40) | odd_values.map(_bytes))
    return Sent(method, target, body)


PARAMETERS = (
    *("index", "wait", "cas", "flags", "dc", "raw", "keys", "recurse", "separator", "acquire", "release", "pretty"),
    *("stale", "consistent", "max_stale", "cached", "tag", "node-meta", "passing", "filter", "near", "limit", "name"),
    *("enable", "reason", "note", "node", "service", "id", "address", "prune", "wan", "format", "token", "ns"),
)
ODD_PARAMETERS = [
    *("9" * 5000, "-" + "9" * 5000, "18446744073709551615", "18446744073709551616"),
    *("9223372036854775807", "-1", "+1", "0"),
    *("1", "%ED%A0%80", "%00", "%0A", "%FF", "%C3", "%", "%zz", "10s", "-10s"),
    *("9" * 5000 + "s", "1." + "9" * 5000 + "h"),
    *("%D9%A1", "¹", "1e5", "true", "&", "=", ";", "a:b", ":", "(" * 200),
    *("not+" * 200 + "a", "x" * 20_000, "dc1", "dc2", ""),
    *("Service+==+" + "9" * 5000, "ServicePort+==+" + "9" * 5000),
    *('Node+matches+"(a"', 'Node+==+"\\ud800"', "Meta+is+empty"),
    *('Checks.Output+matches+"' + "a*" * 500 + '"', UUID, "agent-1", "`" * 9),
    *('"' * 9, "[" * 2000, "1ms", "%2e%2e%2f"),
]  # fmt: skip


@st.composite
def asked_oddly(draw: st.DrawFn) -> Sent:
    """A request with odd parameters, behind an odd path perhaps."""
    reads = [("GET", path) for path in READS]
    method, path = draw(st.sampled_from((*reads, *sorted((*LEGAL, *OTHER_WRITES)))))
    value = st.sampled_from(ODD_PARAMETERS) | st.text(max_size=6)
    names = draw(st.lists(st.sampled_from(PARAMETERS), max_size=3))
    query = "&".join(f"{name}={draw(value)}" for name in names)
    rest = draw(st.just("") | value) if path.endswith("/") else ""
    target = f"{path}{rest}{'?' if query else ''}{query}"
    return Sent(method, target, json.dumps(LEGAL.get((method, path), "")).encode())


def _opened(draw: st.DrawFn, body: Any) -> tuple[str, Any]:
    """The body as text with PLACE for one of its values, or beside it under another name; and that value."""
    whole = [copy.deepcopy(body)]
    holder, key = draw(st.sampled_from(list(_places(whole))))
    old = holder[key]
    if isinstance(holder, dict) and draw(st.integers(0, 4)) == 0:
        key = draw(st.sampled_from([key.lower(), key.upper(), "Other"]))
    holder[key] = PLACE
    return json.dumps(whole[0]), old


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _is_json(text: str) -> bool:
    """Whether Python's own reader takes it, without making much of it."""
    try:
        return len(text) < 1000 and "\\ud" not in text and json.loads(text) is not None
    except ValueError:
        return False


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
