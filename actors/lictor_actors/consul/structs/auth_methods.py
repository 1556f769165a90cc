"""Auth methods, binding rules and logins."""

from __future__ import annotations

from typing import Annotated

from lictor_actors.consul.decode import anything
from lictor_actors.consul.kinds import TEXT, Kind
from lictor_actors.consul.parts import one_or_more
from lictor_actors.consul.struct import Struct
from lictor_actors.consul.structs.acl import VARIABLES
from lictor_actors.consul.structs.catalog import ENTERPRISE
from lictor_messages.auth_methods import NO_MAP, AuthMethod, BindingRule, MethodConfig
from lictor_messages.base import ReadOnly, Record
from lictor_messages.json_names import Json


class LoginBody(Record):
    """What a client sends to log in."""

    auth_method: Annotated[str, Json("AuthMethod")] = ""
    bearer_token: Annotated[str, Json("BearerToken")] = ""
    meta: Annotated[ReadOnly, Json("Meta", empty="omitted")] = NO_MAP


_ANYTHING = Kind(anything, {"readOnly": True})
OF_OIDC = (
    *("OIDCClientID", "OIDCClientSecret", "OIDCScopes", "OIDCACRValues", "AllowedRedirectURIs", "VerboseOIDCLogging"),
    *("OIDCClientUsePKCE", "OIDCClientAssertion"),
)
"""Of type oidc alone: Consul's client sends them empty with any other."""
CONFIG = Struct("Config", MethodConfig, also_read=dict.fromkeys(OF_OIDC, _ANYTHING))
_MORE = {"NamespaceRules": _ANYTHING, **ENTERPRISE}
AUTH_METHOD = Struct("ACLAuthMethod", AuthMethod, (one_or_more(CONFIG),), also_read=_MORE)
METHOD_TYPE = Struct("ACLAuthMethod", AuthMethod, (one_or_more(CONFIG),), also_read={"Config": _ANYTHING, **_MORE})
"""The same with a Config of any type."""
LISTED_METHOD = Struct("ACLAuthMethodListStub", AuthMethod, (one_or_more(CONFIG),), without=("Config",))
BINDING_RULE = Struct("ACLBindingRule", BindingRule, (one_or_more(VARIABLES),), also_read=ENTERPRISE)
LOGIN = Struct("ACLLoginParams", LoginBody, also_read={"Namespace": TEXT, "Partition": TEXT})
