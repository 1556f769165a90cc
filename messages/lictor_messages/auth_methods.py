"""Auth methods, binding rules and logins: how the token of another authority becomes one of ours (Consul's /v1/acl).

gateway > server    LogIn with a JWT; LogOut with the token that came of one
leader > host       VerifyJwt: is it signed by a key of the method?  ReviewToken: does its Kubernetes know it?
leader > log        BindLogin: what its claims are worth is decided by the rules of that moment
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lictor_messages.acl import AclToken, TemplateVariables
from lictor_messages.answers import Answer, Command, Query
from lictor_messages.base import STORED, WIRE, FrozenMap, Message, ReadOnly, Record
from lictor_messages.json_names import Json

NO_MAP = FrozenMap()


class JwtConfig(Record):
    """Which JWTs a method believes. Leeways are nanoseconds: 0 is Consul's default, less is none."""

    jwt_supported_algs: Annotated[tuple[str, ...], Json("JWTSupportedAlgs", empty="omitted")] = ()
    """Algorithms of signatures; none are RS256 alone."""
    bound_audiences: Annotated[tuple[str, ...], Json("BoundAudiences", empty="omitted")] = ()
    claim_mappings: Annotated[ReadOnly, Json("ClaimMappings", empty="omitted")] = NO_MAP
    """Claim, or JSON pointer to one → name under which selectors and names of binding rules know it."""
    list_claim_mappings: Annotated[ReadOnly, Json("ListClaimMappings", empty="omitted")] = NO_MAP
    oidc_discovery_url: Annotated[str, Json("OIDCDiscoveryURL", empty="omitted")] = ""
    oidc_discovery_ca_cert: Annotated[str, Json("OIDCDiscoveryCACert", empty="omitted")] = ""
    jwks_url: Annotated[str, Json("JWKSURL", empty="omitted")] = ""
    jwks_ca_cert: Annotated[str, Json("JWKSCACert", empty="omitted")] = ""
    jwt_validation_pub_keys: Annotated[tuple[str, ...], Json("JWTValidationPubKeys", empty="omitted")] = ()
    """PEM."""
    bound_issuer: Annotated[str, Json("BoundIssuer", empty="omitted")] = ""
    expiration_leeway_ns: Annotated[int, Json("ExpirationLeeway", "duration", empty="omitted")] = 0
    not_before_leeway_ns: Annotated[int, Json("NotBeforeLeeway", "duration", empty="omitted")] = 0
    clock_skew_leeway_ns: Annotated[int, Json("ClockSkewLeeway", "duration", empty="omitted")] = 0


class KubernetesConfig(Record):
    """The API server that knows the service accounts of a method, and the one by which it is asked."""

    host: Annotated[str, Json("Host", empty="omitted")] = ""
    """https:// URL."""
    ca_cert: Annotated[str, Json("CACert", empty="omitted")] = ""
    """PEM; "" for the authorities of the machine."""
    service_account_jwt: Annotated[str, Json("ServiceAccountJWT", empty="omitted"), Field(repr=False)] = ""


class MethodConfig(JwtConfig, KubernetesConfig):
    """Of a method of any type: what is of another type is empty."""


class AuthMethod(Record):
    """An authority whose tokens are taken at the login, under a name."""

    name: Annotated[str, Json("Name")] = ""
    type: Annotated[str, Json("Type")] = ""
    display_name: Annotated[str, Json("DisplayName", empty="omitted")] = ""
    description: Annotated[str, Json("Description")] = ""
    max_token_ttl_ns: Annotated[int, Json("MaxTokenTTL", "duration", empty="omitted")] = 0
    """How long a token lasts that came of it; 0: until the logout."""
    token_locality: Annotated[str, Json("TokenLocality", empty="omitted")] = ""
    token_name_format: Annotated[str, Json("TokenNameFormat", empty="omitted")] = ""
    """The description of such a token."""
    config: Annotated[MethodConfig, Json("Config")] = MethodConfig()
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class BindingRule(Record):
    """What a login by a method is worth, if its claims fit the selector."""

    id: Annotated[str, Json("ID")] = ""
    description: Annotated[str, Json("Description")] = ""
    auth_method: Annotated[str, Json("AuthMethod")] = ""
    selector: Annotated[str, Json("Selector")] = ""
    """A filter over ``value`` and ``list``, or over ``serviceaccount``; "" fits all."""
    bind_type: Annotated[str, Json("BindType")] = ""
    bind_name: Annotated[str, Json("BindName")] = ""
    """``${value.x}`` stands for a claim."""
    bind_vars: Annotated[TemplateVariables | None, Json("BindVars", empty="omitted")] = None
    """What is filled into a templated policy."""
    create_index: Annotated[int, Json("CreateIndex", "index")] = 0
    modify_index: Annotated[int, Json("ModifyIndex", "index")] = 0


class ListClaim(Record):
    """One that has several values."""

    name: str
    values: tuple[str, ...] = ()


class Claims(Record):
    """What a method takes from a JWT, or from its service account: all that selectors and names may speak of."""

    values: ReadOnly = NO_MAP
    lists: tuple[ListClaim, ...] = ()


# -- writes ---------------------------------------------------------------------


class PutAuthMethod(Command, kind="auth_methods.put_method", on=WIRE | STORED):
    """Make a method, or replace one. Outcome: Written, or Refused."""

    method: AuthMethod


class DeleteAuthMethod(Command, kind="auth_methods.delete_method", on=WIRE | STORED):
    """Forget a method with its binding rules, and revoke all tokens that came of it. Outcome: Written."""

    name: str


class PutBindingRule(Command, kind="auth_methods.put_rule", on=WIRE | STORED):
    """Make a binding rule, or replace one. Outcome: Written, or Refused."""

    rule: BindingRule
    new: bool = False
    """Whether it must not exist yet; otherwise it must."""


class DeleteBindingRule(Command, kind="auth_methods.delete_rule", on=WIRE | STORED):
    """Forget a binding rule; tokens that it has bound stay. Outcome: Written."""

    id: str


class LogIn(Command, kind="auth_methods.log_in", on=WIRE):
    """Exchange a JWT for a token, which takes no rights. The asker draws its ids. Outcome: Written, or Refused."""

    auth_method: str
    bearer_token: Annotated[str, Field(repr=False)]
    meta: ReadOnly = NO_MAP
    """For the description of the token."""
    accessor_id: str
    secret_id: Annotated[str, Field(repr=False)]


class LogOut(Command, kind="auth_methods.log_out", on=WIRE):
    """Revoke the token of this envelope, which came of a login. Outcome: Written, or Refused."""


class BindLogin(Command, kind="auth_methods.bind_login", on=STORED):
    """The leader's own: a JWT was good; its token bears what the binding rules make of the claims. Outcome: Written,
    or Refused if they make nothing of them, or if the method is another one by now."""

    token: AclToken
    method_index: int
    """ModifyIndex of the method by which the JWT was judged."""
    claims: Claims
    datacenter: str
    """Where nodes are whose identity is bound."""


# -- reads ----------------------------------------------------------------------


class GetAuthMethod(Query, kind="auth_methods.get_method", on=WIRE):
    """One method; answered by AuthMethods (none or one)."""

    name: str


class ListAuthMethods(Query, kind="auth_methods.list_methods", on=WIRE):
    """Every method; answered by AuthMethods."""


class GetBindingRule(Query, kind="auth_methods.get_rule", on=WIRE):
    """One rule; answered by BindingRules (none or one)."""

    id: str


class ListBindingRules(Query, kind="auth_methods.list_rules", on=WIRE):
    """Every rule, or those of one method; answered by BindingRules."""

    auth_method: str = ""


class AuthMethods(Answer, kind="auth_methods.methods", on=WIRE):
    """Methods in the order of their names."""

    methods: tuple[AuthMethod, ...]


class BindingRules(Answer, kind="auth_methods.rules", on=WIRE):
    """Rules in the order of their ids."""

    rules: tuple[BindingRule, ...]


# -- the host's part ------------------------------------------------------------


class VerifyJwt(Message):
    """A leader's job: is this signed by a key of the method? Answered by JwtVerified."""

    ticket: str
    token: Annotated[str, Field(repr=False)]
    config: JwtConfig


class JwtVerified(Message):
    """The claims as JSON, unjudged, of a JWT whose signature holds; or in ``error`` why it does not."""

    ticket: str
    claims: Annotated[str, Field(repr=False)] = ""
    error: str = ""


class ReviewToken(Message):
    """A leader's job: of which service account of that Kubernetes is this? Answered by TokenReviewed."""

    ticket: str
    token: Annotated[str, Field(repr=False)]
    config: KubernetesConfig


class ServiceAccount(Record):
    """As binding rules know it."""

    namespace: str
    name: str
    """The annotation ``consul.hashicorp.com/service-name`` if it has one."""
    uid: str


class TokenReviewed(Message):
    """The service account of a JWT that its Kubernetes takes; or in ``error`` why there is none."""

    ticket: str
    account: ServiceAccount | None = None
    error: str = ""
