"""/v1/acl/: the first token, templated policies, replication; and what a token may do, for user interfaces.

Tokens themselves are in ``acl_token``, policies and roles in ``acl_policy``.
"""

from __future__ import annotations

from typing import Any

from lictor_actors.consul.acl_text import as_hcl
from lictor_actors.consul.decode import BadBody, list_of, parse_json
from lictor_actors.consul.go_times import go_time
from lictor_actors.consul.kinds import TEXT
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.acl import TOKEN, VARIABLES, hashed
from lictor_actors.consul.uuids import new_uuid
from lictor_actors.roles.api.acl_switch import where_acls_are_on
from lictor_actors.roles.api.definitions import decoded
from lictor_actors.roles.api.query import check_datacenter, read_options
from lictor_actors.roles.api.question import HttpQuestion, done, json_answer, text
from lictor_actors.roles.api.request import HttpError, HttpRequest
from lictor_actors.roles.api.routes import Route
from lictor_actors.roles.doorway.question import rights_of
from lictor_actors.store.acl.identities import TEMPLATES, Template
from lictor_actors.store.acl.sight import Sights
from lictor_messages import acl as m
from lictor_messages.acl_replication import AclReplication, GetAclReplication
from lictor_messages.agent_acl import SetAgentToken
from lictor_messages.answers import Written
from lictor_messages.base import Record
from lictor_messages.web import HttpAnswered

PLACEHOLDER = "{{.Name}}"
_SCHEMAS = {
    True: '{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}',
    False: "",
}


class _Nothing(Record):
    """Bodies with names that are no field of a record."""


_BOOTSTRAP = Struct("BootstrapRequest", _Nothing, also_read={"BootstrapSecret": TEXT})
_AGENT_TOKEN = Struct("agentToken", _Nothing, also_read={"Token": TEXT})
_ASKED = Struct(
    "ACLAuthorizationRequest",
    _Nothing,
    also_read=dict.fromkeys(("Resource", "Segment", "Access", "Namespace", "Partition"), TEXT),
)
_ALL_ASKED = list_of(_ASKED, "structs.ACLAuthorizationRequest")
ASKED_MOST = 64


def bootstrap(request: HttpRequest) -> HttpQuestion:
    """Make the token that may do everything, once."""
    given = decoded(request, _BOOTSTRAP) if request.body else {}
    secret = given.get("BootstrapSecret") or new_uuid(request.secret(16))
    token = m.AclToken(
        accessor_id=new_uuid(request.secret(16)), secret_id=secret, description="Bootstrap Token (Global Management)"
    )

    def made(_: Written, __: HttpRequest) -> HttpQuestion:
        return HttpQuestion(m.GetOwnAclToken(), _bootstrapped, token=secret, rights=rights_of(secret))

    return HttpQuestion(m.BootstrapAcls(token=token), made, safe=False)


def _bootstrapped(answer: m.AclTokens, request: HttpRequest) -> HttpAnswered:
    token = answer.tokens[0]
    return json_answer({"ID": token.secret_id, **hashed(TOKEN, token)}, request)


def replication(request: HttpRequest) -> HttpQuestion:
    """How far what comes from the primary datacenter is."""
    check_datacenter(request)
    return HttpQuestion(GetAclReplication(), _replication)


def _replication(status: AclReplication, request: HttpRequest) -> HttpAnswered:
    kind = ("tokens" if status.tokens else "policies") if status.enabled else ""
    row = {
        "Enabled": status.enabled,
        "Running": status.enabled,
        "SourceDatacenter": status.source,
        "ReplicationType": kind,
        "ReplicatedIndex": status.replicated,
        "ReplicatedRoleIndex": status.replicated,
        "ReplicatedTokenIndex": status.replicated if status.tokens else 0,
        "LastSuccess": go_time(status.success_ns),
        "LastError": go_time(status.error_ns),
        "LastErrorMessage": status.error,
    }
    return json_answer(row, request)


# -- templated policies ---------------------------------------------------------


def templates(request: HttpRequest) -> HttpQuestion:
    """All of them, by name."""
    return HttpQuestion(m.ListAclPolicies(**read_options(request, rendered=False)), _templates)


def _templates(_: m.AclPolicies, request: HttpRequest) -> HttpAnswered:
    return json_answer({name: _template_row(name, template) for name, template in TEMPLATES.items()}, request)


def template(request: HttpRequest) -> HttpQuestion:
    """One of them."""
    name, found = request.rest, _known_template(request)
    return HttpQuestion(
        m.ListAclPolicies(**read_options(request, rendered=False)),
        lambda _, asked: json_answer(_template_row(name, found), asked),
    )


def preview(request: HttpRequest) -> HttpQuestion:
    """The policy that a template comes to."""
    found, name = _known_template(request), decoded(request, VARIABLES).get("name", "") if request.body else ""
    if found.named and not name:
        raise HttpError(400, f"templated policy {request.rest} needs a Name")
    policy = {
        "ID": new_uuid(request.secret(16)),
        "Name": f"synthetic-policy-{request.rest.partition('/')[2]}",
        "Description": f"synthetic policy generated from templated policy: {request.rest}",
        "Rules": as_hcl(found.rules(name)),
    }
    return HttpQuestion(m.ListAclPolicies(), lambda _, asked: json_answer(policy, asked))


def _known_template(request: HttpRequest) -> Template:
    found = TEMPLATES.get(request.rest)
    if found is None:
        raise HttpError(404, f"Invalid templated policy Name: {request.rest}")
    return found


def _template_row(name: str, template: Template) -> dict[str, str]:
    rules = as_hcl(template.rules(PLACEHOLDER))
    schema = _SCHEMAS[template.named]
    return {"TemplateName": name, "Schema": schema, "Template": rules, "Description": template.description}


# -- what a token may do ----------------------------------------------------------


def authorize(request: HttpRequest) -> HttpQuestion:
    """Which of these the token of the request may do."""
    try:
        asked = _ALL_ASKED(parse_json(request.body), "")
    except BadBody as error:
        raise HttpError(400, f"Failed to decode request body: {error}") from error
    if len(asked) > ASKED_MOST:
        raise HttpError(400, f"Refusing to process more than {ASKED_MOST} authorizations at once")

    def judged(resolved: m.AclResolved, request: HttpRequest) -> HttpAnswered:
        sights = Sights(default_allows=request.options.acl_default_policy == "allow")
        sight = sights.of(resolved.accessor_id, resolved.grants)
        return json_answer([{**_row(one), "Allow": sight.sees(*_said(one))} for one in asked], request)

    return HttpQuestion(m.ResolveAclToken(**read_options(request, rendered=False)), judged)


def _row(one: dict[str, Any]) -> dict[str, str]:
    row = {"Resource": one.get("Resource", ""), "Access": one.get("Access", "")}
    return {**row, "Segment": one["Segment"]} if one.get("Segment") else row


def _said(one: dict[str, Any]) -> tuple[str, Any, str]:
    return one.get("Resource", ""), one.get("Access", ""), one.get("Segment", "")


# -- tokens of the agent -----------------------------------------------------------


def set_agent_token(request: HttpRequest) -> HttpQuestion:
    """What this agent shows from now on."""
    given = decoded(request, _AGENT_TOKEN)
    ask = SetAgentToken(name=request.rest, token=given.get("Token", ""))
    return HttpQuestion(ask, done, safe=False, final={"NotFound": _unknown_token})


def _unknown_token(request: HttpRequest) -> HttpAnswered:
    return text(404, f'Token "{request.rest}" is unknown')


ROUTES = where_acls_are_on(
    Route("PUT", "/v1/acl/bootstrap", bootstrap),
    Route("GET", "/v1/acl/replication", replication, guard="acl:read"),
    Route("GET", "/v1/acl/templated-policies", templates, guard="acl:read"),
    Route("GET", "/v1/acl/templated-policy/name/", template, guard="acl:read"),
    Route("POST", "/v1/acl/templated-policy/preview/", preview, guard="acl:read"),
    Route("POST", "/v1/internal/acl/authorize", authorize),
    Route("PUT", "/v1/agent/token/", set_agent_token, guard="agent:write"),
)
