"""What a method or a binding rule may be in any state: what is refused here never enters the log.

No field is the name of a file, and none is opened: keys and certificates are given as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from lictor_actors.store.families.acl.rules import TTL_LEAST_NS, TTL_MOST_NS
from lictor_actors.store.families.auth_methods.binding import BIND_TYPES
from lictor_actors.store.families.auth_methods.pem import certificates_fault, public_key_fault
from lictor_actors.store.families.catalog.registration import uuid_fault
from lictor_messages.auth_methods import AuthMethod, BindingRule, JwtConfig
from lictor_messages.durations import go_duration

ALGORITHMS: Final = (*("RS256", "RS384", "RS512", "ES256", "ES384", "ES512"), *("PS256", "PS384", "PS512", "EdDSA"))
"""All are signatures by a key that the other side keeps: none is by a secret that both sides know."""
NOT_TAKEN: Final = {
    "kubernetes": "Lictor asks no Kubernetes API. Use type jwt with the issuer of the cluster's service accounts",
    "aws-iam": "Lictor forwards no signed requests to AWS. Use type jwt with an OIDC provider",
    "oidc": "it takes a browser and a callback, and is Consul Enterprise's. Use type jwt with OIDCDiscoveryURL",
}
TEXT_MOST: Final = 64 * 1024
"""Characters of each text."""
ENTRIES_MOST: Final = 64
"""Of each list and mapping."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_ONE_SOURCE = "exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type \"jwt\""


def method_fault(method: AuthMethod) -> str:
    """Why no such method is kept, "" if it may be."""
    return next(_method_faults(method), "")


def _method_faults(method: AuthMethod) -> Iterator[str]:
    if not method.name:
        yield "Invalid Auth Method: no Name is set"
    if not _NAME.fullmatch(method.name):
        yield "Invalid Auth Method: invalid Name. Only alphanumeric characters, '-' and '_' are allowed"
    if method.type in NOT_TAKEN:
        yield f"Invalid Auth Method: type {method.type} is not taken: {NOT_TAKEN[method.type]}"
    if method.type != "jwt":
        yield "Invalid Auth Method: Type should be one of: [jwt]"
    ttl = method.max_token_ttl_ns
    if ttl and ttl > TTL_MOST_NS:
        yield f"MaxTokenTTL {go_duration(ttl)} cannot be more than {go_duration(TTL_MOST_NS)}"
    if ttl and ttl < TTL_LEAST_NS:
        yield f"MaxTokenTTL {go_duration(ttl)} cannot be less than {go_duration(TTL_LEAST_NS)}"
    if method.token_locality not in ("", "local", "global"):
        yield "Invalid Auth Method: TokenLocality should be one of 'local' or 'global'"
    texts = (method.display_name, method.description, method.token_name_format)
    if max(map(len, texts)) > TEXT_MOST:
        yield f"Invalid Auth Method: a text has at most {TEXT_MOST} characters"
    yield from (f"Invalid Auth Method: {why}" for why in _config_faults(method.config))


def _config_faults(config: JwtConfig) -> Iterator[str]:
    sources = (config.jwt_validation_pub_keys, config.jwks_url, config.oidc_discovery_url)
    if sum(map(bool, sources)) != 1:
        yield _ONE_SOURCE
    yield from _size_faults(config)
    for number, key in enumerate(config.jwt_validation_pub_keys):
        if why := public_key_fault(key):
            yield f"error parsing public key JWTValidationPubKeys[{number}]: {why}"
    yield from _url_faults("JWKSURL", config.jwks_url, "JWKSCACert", config.jwks_ca_cert)
    yield from _url_faults(
        "OIDCDiscoveryURL", config.oidc_discovery_url, "OIDCDiscoveryCACert", config.oidc_discovery_ca_cert
    )
    for algorithm in config.jwt_supported_algs:
        if algorithm not in ALGORITHMS:
            yield f"Invalid supported algorithm: {algorithm[:32]}. Known are {', '.join(ALGORITHMS)}"
    yield from _mapping_faults("ClaimMappings", config.claim_mappings)
    yield from _mapping_faults("ListClaimMappings", config.list_claim_mappings)


def _size_faults(config: JwtConfig) -> Iterator[str]:
    values = [value for _, value in config if not isinstance(value, int)]
    lists = [value for value in values if not isinstance(value, str)]
    if any(len(value) > ENTRIES_MOST for value in lists):
        yield f"a list or mapping of Config has at most {ENTRIES_MOST} entries"
    texts = [value for value in values if isinstance(value, str)] + [text for value in lists for text in value]
    if any(len(text) > TEXT_MOST for text in texts):
        yield f"a text of Config has at most {TEXT_MOST} characters"


def _url_faults(name: str, url: str, cert_name: str, certificates: str) -> Iterator[str]:
    if certificates and not url:
        yield f"'{cert_name}' should not be set unless '{name}' is set"
    if url and not re.fullmatch(r"https://[^\s/?#@]+([/?#]\S*)?", url):
        yield f"{name} must be an https:// URL without a password: keys that come in clear are worth nothing"
    if certificates and (why := certificates_fault(certificates)):
        yield f"error checking {cert_name}: {why}"


def _mapping_faults(name: str, mapping: Mapping[str, str]) -> Iterator[str]:
    targets = list(mapping.values())
    for target in targets:
        if not _TARGET.fullmatch(target):
            yield f"{name}: {target[:64]!r} is no name: letters, digits and _, at most 64, a letter first"
        if targets.count(target) > 1:
            yield f'{name} contains multiple mappings for key "{target}"'


def rule_fault(rule: BindingRule) -> str:
    """Why no such rule is kept under any method, "" if it may be."""
    return next(_rule_faults(rule), "")


def _rule_faults(rule: BindingRule) -> Iterator[str]:
    if why := uuid_fault(rule.id):
        yield f"Binding Rule ID invalid UUID: {why}"
    if not rule.bind_type:
        yield "Invalid Binding Rule: no BindType is set"
    if not rule.bind_name:
        yield "Invalid Binding Rule: no BindName is set"
    if rule.bind_type not in BIND_TYPES:
        yield f'Invalid Binding Rule: unknown BindType "{rule.bind_type[:64]}". Known are {", ".join(BIND_TYPES)}'
    variable = rule.bind_vars.name if rule.bind_vars is not None else ""
    texts = (rule.description, rule.selector, rule.bind_name, variable)
    if max(map(len, texts)) > TEXT_MOST:
        yield f"Invalid Binding Rule: a text has at most {TEXT_MOST} characters"
