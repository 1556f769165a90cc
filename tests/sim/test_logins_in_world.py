"""Auth methods, binding rules, login and logout by HTTP, in the world: JWTs are what its script says they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from acl_cluster import AGENT, ROOT, Cluster
from jwt_authority import SigningKey

from lictor_actors.roles.server.leader.logins import JWT_MOST, OPEN_MOST
from lictor_messages.acl import AclToken, AclTokens, ListAclTokens
from lictor_messages.auth_methods import BindLogin, Claims, LogIn, ServiceAccount
from lictor_messages.refusals import Refused
from lictor_messages.web import HttpAnswered

KEY = SigningKey("k")
EPOCH_S = 1_700_000_000
"""When worlds begin."""
METHOD: dict[str, Any] = {
    "Name": "ci",
    "Type": "jwt",
    "MaxTokenTTL": "5m",
    "Config": {
        "JWTValidationPubKeys": [KEY.pem],
        "JWTSupportedAlgs": ["ES256"],
        "BoundIssuer": "https://ci.example",
        "BoundAudiences": ["consul"],
        "ClaimMappings": {"sub": "user", "/org/team": "team"},
        "ListClaimMappings": {"groups": "groups"},
    },
}
KUBERNETES: dict[str, Any] = {
    "Name": "k8s",
    "Type": "kubernetes",
    "Config": {"Host": "https://k8s:6443", "ServiceAccountJWT": KEY.signed({"sub": "consul"})},
}
RULE = {"AuthMethod": "ci", "BindType": "service", "BindName": "web-${value.team}", "Selector": '"dev" in list.groups'}


class Site(Cluster):
    """A cluster whose script knows JWTs."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.logged = 0

    def say(self, method: str, path: str, body: Any = None, token: str = ROOT) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.http(method, path, token, data)
        try:
            return answer.status, json.loads(answer.body)
        except json.JSONDecodeError:
            return answer.status, answer.body.decode()

    def now(self) -> int:
        return EPOCH_S + self.world.time // 10**9

    def leader(self) -> Any:
        return self.world.actor("server@server-1.dc1")

    def jwt(self, **changed: Any) -> str:
        """A JWT with these claims, whose signature holds."""
        now = self.now()
        claims = {
            "iss": "https://ci.example",
            "aud": "consul",
            "iat": now,
            "exp": now + 300,
            "sub": "ann",
            "org": {"team": "shop"},
            "groups": ["dev", "ops"],
            **changed,
        }
        self.logged += 1
        token = f"jwt-{self.logged}"
        self.world.jobs.jwts[token] = json.dumps({name: value for name, value in claims.items() if value is not None})
        return token

    def log_in(self, token: str, **body: Any) -> tuple[int, Any]:
        return self.say("POST", "/v1/acl/login", {"AuthMethod": "ci", "BearerToken": token, **body}, token="")


@pytest.fixture(scope="module")
def plain() -> Site:
    return _ready(Site())


@pytest.fixture
def site() -> Site:
    return _ready(Site())


def _ready(site: Site) -> Site:
    assert site.say("PUT", "/v1/acl/auth-method", METHOD)[0] == 200
    assert site.say("PUT", "/v1/acl/binding-rule", RULE)[0] == 200
    return site


# -- the login ----------------------------------------------------------------------


def test_a_jwt_becomes_a_token_with_the_rights_that_the_rules_give(plain: Site) -> None:
    status, token = plain.log_in(plain.jwt(), Meta={"pod": "p1"})
    assert status == 200
    assert token["ServiceIdentities"] == [{"ServiceName": "web-shop"}]
    assert token["Description"] == 'token created via login: {"pod":"p1"}'
    assert (token["AuthMethod"], token["Local"]) == ("ci", True)
    assert plain.say("GET", "/v1/acl/token/self", token=token["SecretID"]) == (200, token)
    service = {"Node": "n1", "Address": "10.9.9.9", "SkipNodeUpdate": True, "Service": {"Service": "web-shop"}}
    assert plain.say("PUT", "/v1/acl/policy", {"Name": "x"}, token=token["SecretID"])[0] == 403
    plain.say("PUT", "/v1/catalog/register", {"Node": "n1", "Address": "10.9.9.9"})
    assert plain.say("PUT", "/v1/catalog/register", service, token["SecretID"]) == (200, True)
    other = {**service, "Service": {"Service": "db"}}
    assert plain.say("PUT", "/v1/catalog/register", other, token["SecretID"])[0] == 403


REFUSED = [
    ({"exp": 1_700_000_000 - 9_000, "iat": None}, "token is expired (exp)"),
    ({"nbf": 2_000_000_000, "exp": 2_000_000_100}, "token not valid yet (nbf)"),
    ({"iat": 2_000_000_000, "exp": 2_000_000_100, "nbf": 1}, "token issued in the future (iat)"),
    ({"iat": None, "exp": None}, "no issue time, notbefore, or expiration time"),
    ({"iss": "https://evil.example"}, "invalid issuer claim (iss)"),
    ({"iss": None}, "invalid issuer claim (iss)"),
    ({"aud": "other"}, "aud claim does not match any bound audience"),
    ({"aud": None}, "aud claim does not match any bound audience"),
    ({"exp": "soon"}, "exp is no date"),
    ({"exp": 1e300}, "exp is no date"),
    ({"exp": True}, "exp is no date"),
    ({"sub": {"a": 1}}, "the claim 'sub' is no text"),
    ({"groups": [["a"]]}, "the claim 'groups' is no text"),
    ({"org": {"team": "Shop"}}, "Service identity 'web-Shop' has an invalid name"),
    ({"org": {"team": "a b"}}, "has an invalid name"),
    ({"org": {"team": '" } key_prefix "" { policy = "write" }'}}, "has an invalid name"),
]


@pytest.mark.parametrize(("claims", "why"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_claims_that_are_not_good_are_refused_with_the_reason(plain: Site, claims: Any, why: str) -> None:
    status, said = plain.log_in(plain.jwt(**claims))
    assert status == 500
    assert why in said


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"BearerToken": "forged"}, 500, "no key fits the signature"),
        ({"BearerToken": ""}, 500, "missing jwt"),
        ({"AuthMethod": "other"}, 403, 'ACL not found: auth method "other" not found'),
        ({"BearerToken": "x" * (JWT_MOST + 1)}, 413, "a JWT has at most"),
        ({"Meta": {"k": "x" * 5000}}, 413, "Meta at most"),
        ({"Odd": 1}, 400, 'unknown field "Odd"'),
        ({"BearerToken": 5}, 400, "cannot unmarshal number"),
    ],
)
def test_bad_logins_have_their_own_words(plain: Site, body: Any, status: int, words: str) -> None:
    said = plain.log_in(plain.jwt(), **body)
    assert (said[0], words in said[1]) == (status, True), said


def test_a_mebibyte_is_no_jwt(plain: Site) -> None:
    status, said = plain.log_in("x" * (1 << 20))
    assert status == 413, said


def test_without_a_rule_that_fits_permission_is_denied(plain: Site) -> None:
    assert plain.log_in(plain.jwt(groups=["ops"])) == (403, "Permission denied")
    assert plain.log_in(plain.jwt(groups=None)) == (403, "Permission denied")


def test_a_role_that_is_not_there_gives_nothing_until_it_is(site: Site) -> None:
    rule = site.say("GET", "/v1/acl/binding-rules")[1][0]["ID"]
    role = {"BindType": "role", "BindName": "team-${value.team}", "Selector": ""}
    assert site.say("PUT", f"/v1/acl/binding-rule/{rule}", role)[0] == 200
    assert site.log_in(site.jwt()) == (403, "Permission denied")
    site.say("PUT", "/v1/acl/role", {"Name": "team-shop", "Policies": [{"Name": "global-read-only"}]})
    status, token = site.log_in(site.jwt())
    assert status == 200
    assert [link["Name"] for link in token["Roles"]] == ["team-shop"]


@pytest.mark.parametrize(
    ("rule", "field", "bound"),
    [
        ({"BindType": "node", "BindName": "n-${value.user}"}, "NodeIdentities",
         [{"NodeName": "n-ann", "Datacenter": "dc1"}]),
        ({"BindType": "policy", "BindName": "global-read-only"}, "Policies",
         [{"ID": "00000000-0000-0000-0000-000000000002", "Name": "global-read-only"}]),
        ({"BindType": "templated-policy", "BindName": "builtin/service", "BindVars": {"Name": "${value.user}"}},
         "TemplatedPolicies", [{"TemplateName": "builtin/service", "TemplateVariables": {"name": "ann"}}]),
        ({"BindType": "templated-policy", "BindName": "builtin/dns"}, "TemplatedPolicies",
         [{"TemplateName": "builtin/dns", "TemplateVariables": {}}]),
    ],
)  # fmt: skip
def test_all_that_can_be_bound(site: Site, rule: Any, field: str, bound: Any) -> None:
    assert site.say("PUT", "/v1/acl/binding-rule", {"AuthMethod": "ci", **rule})[0] == 200
    status, token = site.log_in(site.jwt(groups=["none"]))
    assert status == 200, token
    assert token[field] == bound
    assert "ServiceIdentities" not in token


def test_a_token_ends_with_its_time(site: Site) -> None:
    _, token = site.log_in(site.jwt())
    assert site.say("GET", "/v1/acl/token/self", token=token["SecretID"])[0] == 200
    site.world.run(310)
    assert site.say("GET", "/v1/acl/token/self", token=token["SecretID"])[0] == 403


def test_the_methods_locality_and_format_are_the_tokens(site: Site) -> None:
    named = {**METHOD, "TokenLocality": "global", "TokenNameFormat": "${auth_method_name}/${value.user}"}
    assert site.say("PUT", "/v1/acl/auth-method/ci", named)[0] == 200
    _, token = site.log_in(site.jwt())
    assert (token["Local"], token["Description"]) == (False, "ci/ann")


# -- the logout -----------------------------------------------------------------------


def test_a_logout_ends_a_token_that_came_of_a_login_and_no_other(plain: Site) -> None:
    secret = plain.log_in(plain.jwt())[1]["SecretID"]
    assert plain.say("POST", "/v1/acl/logout", token=secret) == (200, True)
    assert plain.say("POST", "/v1/acl/logout", token=secret) == (403, "ACL not found")
    assert plain.say("POST", "/v1/acl/logout", token="") == (403, "ACL not found")
    assert plain.say("POST", "/v1/acl/logout", token=ROOT) == (403, "Permission denied")


# -- methods and rules ------------------------------------------------------------------


def test_a_method_goes_with_its_rules_and_its_tokens(site: Site) -> None:
    secret = site.log_in(site.jwt())[1]["SecretID"]
    assert len(site.say("GET", "/v1/acl/tokens?authmethod=ci")[1]) == 1
    assert site.say("DELETE", "/v1/acl/auth-method/ci") == (200, True)
    assert site.say("GET", "/v1/acl/token/self", token=secret) == (403, "ACL not found")
    assert site.say("GET", "/v1/acl/binding-rules") == (200, [])
    assert site.say("GET", "/v1/acl/auth-method/ci") == (404, "ACL not found")
    assert site.say("DELETE", "/v1/acl/auth-method/ci") == (200, True)


def _token_of(command: LogIn) -> AclToken:
    return AclToken(accessor_id=command.accessor_id, secret_id=command.secret_id, auth_method=command.auth_method)


def login(token: str) -> LogIn:
    ids = ("aaaaaaaa-2222-4333-8444-000000000901", "aaaaaaaa-2222-4333-8444-000000000902")
    return LogIn(auth_method="ci", bearer_token=token, accessor_id=ids[0], secret_id=ids[1])


def test_few_logins_are_open_at_the_same_time(site: Site) -> None:
    answers: list[HttpAnswered] = []
    for number in range(OPEN_MOST + 8):
        site.world.door(AGENT, f"d{number}").ask(
            "agent",
            login(site.jwt()).model_copy(update={"secret_id": f"aaaaaaaa-2222-4333-8444-{number:012}"}),
            answers.append,
            within_s=30,
        )
    seen = 0
    for _ in range(200):
        site.world.run(0.0005)
        seen = max(seen, len(site.leader().leading.logins.open))
    assert 0 < seen <= OPEN_MOST
    site.world.run(20)
    assert len(answers) == OPEN_MOST + 8


METHODS = [
    ({"Name": ""}, "no Name is set"),
    ({"Name": "a b"}, "invalid Name"),
    ({"Type": ""}, "Type should be one of: [jwt kubernetes]"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "Host": "https://x"}}, "'Host' must not be set for type \"jwt\""),
    ({"Type": "aws-iam", "Config": {"BoundIAMPrincipalARNs": ["x"]}}, "type aws-iam is not taken"),
    ({"Type": "oidc", "Config": {"OIDCClientID": "x"}}, "type oidc is not taken"),
    ({"MaxTokenTTL": "1s"}, "MaxTokenTTL 1s cannot be less than 1m0s"),
    ({"MaxTokenTTL": "25h"}, "cannot be more than 24h0m0s"),
    ({"TokenLocality": "here"}, "TokenLocality should be one of"),
    ({"Config": {}}, "exactly one of"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "JWKSURL": "https://x"}}, "exactly one of"),
    ({"Config": {"JWTValidationPubKeys": ["/etc/passwd"]}}, "JWTValidationPubKeys[0]: data does not contain"),
    ({"Config": {"JWKSURL": "http://x/keys"}}, "JWKSURL must be an https:// URL"),
    ({"Config": {"JWKSURL": "file:///etc/passwd"}}, "JWKSURL must be an https:// URL"),
    ({"Config": {"JWKSURL": "https://a:b@x/"}}, "JWKSURL must be an https:// URL"),
    ({"Config": {"OIDCDiscoveryURL": "/etc/passwd"}}, "OIDCDiscoveryURL must be an https:// URL"),
    ({"Config": {"JWKSURL": "https://x", "JWKSCACert": "/etc/ssl/ca.pem"}}, "not the name of a file"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "JWKSCACert": "x"}}, "'JWKSCACert' should not be set"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "JWTSupportedAlgs": ["HS256"]}}, "Invalid supported algorithm"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "JWTSupportedAlgs": ["none"]}}, "Invalid supported algorithm"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "ClaimMappings": {"a": "x", "b": "x"}}}, "multiple mappings"),
    ({"Config": {"JWTValidationPubKeys": [KEY.pem], "ClaimMappings": {"a": "x y"}}}, "'x y' is no name"),
    ({"Config": {"OIDCClientSecret": "s"}}, "'OIDCClientSecret' must not be set"),
    ({"Config": {"Odd": "s"}}, 'unknown field "Odd"'),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "why"), METHODS)
def test_methods_that_make_no_sense_are_refused_by_name(plain: Site, changed: Any, why: str) -> None:
    status, said = plain.say("PUT", "/v1/acl/auth-method", {**METHOD, "Name": "odd", **changed})
    assert status in (400, 500)
    assert why in said
    assert plain.say("GET", "/v1/acl/auth-method/odd")[0] == 404


OF_KUBERNETES = [
    ({"Host": ""}, "Config.Host is required"),
    ({"Host": "http://k8s"}, "Host must be an https:// URL"),
    ({"Host": "k8s:6443"}, "Host must be an https:// URL"),
    ({"Host": "https://a:b@k8s"}, "Host must be an https:// URL"),
    ({"Host": "https://k8s/?x="}, "without a query"),
    ({"CACert": "/etc/ssl/ca.pem"}, "not the name of a file"),
    ({"ServiceAccountJWT": ""}, "Config.ServiceAccountJWT is required"),
    ({"ServiceAccountJWT": "/var/run/secrets/token"}, "ServiceAccountJWT is not a valid JWT"),
    ({"ServiceAccountJWT": "a.b.c"}, "ServiceAccountJWT is not a valid JWT"),
    ({"ServiceAccountJWT": f"{KEY.signed({})}\r\nHost: x"}, "ServiceAccountJWT is not a valid JWT"),
    ({"ServiceAccountJWT": 5}, "cannot unmarshal number"),
    ({"JWKSURL": "https://x"}, "'JWKSURL' must not be set for type \"kubernetes\""),
    ({"OIDCClientID": "x"}, "'OIDCClientID' must not be set for type \"kubernetes\""),
]


@pytest.mark.parametrize(("changed", "why"), OF_KUBERNETES)
def test_methods_of_kubernetes_are_looked_at_field_by_field(plain: Site, changed: Any, why: str) -> None:
    body = {**KUBERNETES, "Name": "odd", "Config": {**KUBERNETES["Config"], **changed}}
    status, said = plain.say("PUT", "/v1/acl/auth-method", body)
    assert status in (400, 500)
    assert why in said
    assert KUBERNETES["Config"]["ServiceAccountJWT"] not in said
    assert plain.say("GET", "/v1/acl/auth-method/odd")[0] == 404


def test_a_service_account_logs_in(site: Site) -> None:
    assert site.say("PUT", "/v1/acl/auth-method", KUBERNETES)[0] == 200
    assert site.say("GET", "/v1/acl/auth-method/k8s")[1]["Config"] == KUBERNETES["Config"]
    rule = {
        "AuthMethod": "k8s",
        "BindType": "service",
        "BindName": "${serviceaccount.namespace}-${serviceaccount.name}",
        "Selector": 'serviceaccount.namespace == shop and serviceaccount.uid != "6"',
    }
    assert site.say("PUT", "/v1/acl/binding-rule", rule)[0] == 200
    site.world.jobs.accounts["good"] = ServiceAccount(namespace="shop", name="web", uid="5")
    site.world.jobs.accounts["other"] = ServiceAccount(namespace="shop", name="web", uid="6")
    status, token = site.log_in("good", AuthMethod="k8s")
    assert (status, token["ServiceIdentities"]) == (200, [{"ServiceName": "shop-web"}])
    assert site.log_in("other", AuthMethod="k8s") == (403, "Permission denied")
    assert site.log_in(site.jwt(), AuthMethod="k8s")[0] == 500, "what the other method takes"
    assert site.say("DELETE", "/v1/acl/auth-method/k8s") == (200, True)
    assert site.say("GET", "/v1/acl/token/self", token=token["SecretID"])[0] == 403


@pytest.mark.parametrize(
    "changed",
    [{"Selector": "value.user == x"}, {"Selector": "x in list.groups"}, {"BindName": "${value.user}"}],
)
def test_rules_of_kubernetes_speak_of_service_accounts_alone(site: Site, changed: Any) -> None:
    site.say("PUT", "/v1/acl/auth-method", KUBERNETES)
    rule = {"AuthMethod": "k8s", "BindType": "service", "BindName": "x", **changed}
    status, said = site.say("PUT", "/v1/acl/binding-rule", rule)
    assert (status, "invalid" in said) == (500, True), said


def test_the_type_of_a_method_stays(site: Site) -> None:
    status, said = site.say("PUT", "/v1/acl/auth-method", {**KUBERNETES, "Name": "ci"})
    assert (status, 'from "jwt" to "kubernetes" is not permitted' in said) == (500, True), said


def test_what_the_go_client_sends_empty_is_as_good_as_absent(site: Site) -> None:
    empty = {"OIDCClientID": "", "OIDCScopes": None, "VerboseOIDCLogging": False, "JWKSURL": "", "ExpirationLeeway": 0}
    assert site.say("PUT", "/v1/acl/auth-method", {**METHOD, "Config": {**METHOD["Config"], **empty}})[0] == 200
    assert site.say("GET", "/v1/acl/auth-method/ci")[1]["Config"] == METHOD["Config"]


RULES = [
    ({"AuthMethod": ""}, "no AuthMethod is set"),
    ({"AuthMethod": "none"}, 'cannot find auth method with name "none"'),
    ({"BindType": ""}, "no BindType is set"),
    ({"BindType": "odd"}, 'unknown BindType "odd"'),
    ({"BindName": ""}, "no BindName is set"),
    ({"BindName": "${value.none}"}, "unknown variable 'value.none': known are value.team, value.user"),
    ({"BindName": "${value.user"}, "without its end"),
    ({"BindName": "${value.user}!"}, "has an invalid name"),
    ({"BindName": "${list.groups}"}, "unknown variable 'list.groups'"),
    ({"BindType": "templated-policy", "BindName": "builtin/odd"}, "no such ACL templated policy"),
    ({"BindType": "templated-policy", "BindName": "builtin/service"}, "needs TemplateVariables.Name"),
    ({"Selector": "values.user == x"}, "Selector is invalid"),
    ({"Selector": "((("}, "Selector is invalid"),
    ({"Selector": 'value.user matches "("'}, "Selector is invalid"),
    ({"Selector": "x" * 70_000}, "a text has at most"),
]


@pytest.mark.parametrize(
    ("selector", "status"), [("value.none == x", 403), ("value.none != x", 200), ("ops not in list.none", 200)]
)
def test_a_selector_may_name_what_the_method_does_not_map(plain: Site, selector: str, status: int) -> None:
    rule = plain.say("GET", "/v1/acl/binding-rules")[1][0]["ID"]
    assert plain.say("PUT", f"/v1/acl/binding-rule/{rule}", {**RULE, "Selector": selector})[0] == 200
    assert plain.log_in(plain.jwt())[0] == status


@pytest.mark.parametrize(("changed", "why"), RULES)
def test_rules_that_make_no_sense_are_refused_by_name(plain: Site, changed: Any, why: str) -> None:
    status, said = plain.say("PUT", "/v1/acl/binding-rule", {**RULE, **changed})
    assert status == 500
    assert why in said
    assert len(plain.say("GET", "/v1/acl/binding-rules?authmethod=ci")[1]) == 1


def test_rules_are_replaced_under_their_id_and_keep_their_method(site: Site) -> None:
    rule = site.say("GET", "/v1/acl/binding-rules")[1][0]
    other = site.say("PUT", f"/v1/acl/binding-rule/{rule['ID']}", {**RULE, "AuthMethod": "x"})
    assert "immutable" in other[1]
    status, said = site.say("PUT", f"/v1/acl/binding-rule/{rule['ID']}", {"BindType": "node", "BindName": "n"})
    assert (status, said["AuthMethod"], said["BindName"], said["CreateIndex"]) == (200, "ci", "n", rule["CreateIndex"])
    assert site.say("DELETE", f"/v1/acl/binding-rule/{rule['ID']}") == (200, True)
    assert site.say("GET", f"/v1/acl/binding-rule/{rule['ID']}") == (404, "ACL not found")


@pytest.mark.parametrize("token", ["", "other"])
@pytest.mark.parametrize("path", ["auth-methods", "auth-method/ci", "binding-rules", "binding-rule/x"])
def test_methods_and_rules_are_for_those_who_may_see_them(plain: Site, path: str, token: str) -> None:
    secret = token and plain.token('operator = "write"')
    assert plain.say("GET", f"/v1/acl/{path}", token=secret)[0] == 403
    assert plain.say("DELETE", f"/v1/acl/{path}", token=secret)[0] in (403, 405)


def test_a_client_cannot_make_a_token_that_looks_like_a_logins(plain: Site) -> None:
    status, said = plain.say("PUT", "/v1/acl/token", {"AuthMethod": "ci"})
    assert (status, said) == (500, "AuthMethod field is disallowed outside of login")
    command = BindLogin(token=_token_of(login("x")), method_index=1, claims=Claims(), datacenter="dc1")
    refused = plain.ask(command, ROOT)
    assert isinstance(refused, Refused)
    assert isinstance(plain.ask(ListAclTokens(), ROOT), AclTokens)


def test_no_jwt_is_in_the_trace_or_in_what_is_printed(plain: Site) -> None:
    token = plain.jwt()
    plain.log_in(token)
    told = repr([login(token), *plain.leader().leading.logins.open.values()])
    assert token not in told
    assert "aaaaaaaa-2222-4333-8444-000000000902" not in told


def test_logins_go_on_under_another_leader() -> None:
    site = _ready(Site(servers=3))
    _, token = site.log_in(site.jwt())
    first = next(
        name for name in ("server-1", "server-2", "server-3") if site.world.actor(f"server@{name}.dc1").leading
    )
    site.world.kill(f"{first}.dc1")
    site.world.run(20)
    assert site.say("POST", "/v1/acl/logout", token=token["SecretID"]) == (200, True)
