"""What the Config of each type of auth method may be.

No field is the name of a file, and none is opened: keys and certificates are given as text. No fault holds a secret.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import orjson

from lictor_actors.store.families.auth_methods.pem import certificates_fault, public_key_fault
from lictor_messages.auth_methods import JwtConfig, KubernetesConfig, MethodConfig
from lictor_messages.base import Record
from lictor_messages.json_names import Json

ALGORITHMS: Final = (*("RS256", "RS384", "RS512", "ES256", "ES384", "ES512"), *("PS256", "PS384", "PS512", "EdDSA"))
"""All are signatures by a key that the other side keeps: none is by a secret that both sides know."""
TEXT_MOST: Final = 64 * 1024
"""Characters of each text."""
ENTRIES_MOST: Final = 64
"""Of each list and mapping."""
_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_HTTPS = re.compile(r"https://[^\s/?#@]+([/?#]\S*)?")
_JWT = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_ONE_SOURCE = "exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type \"jwt\""


def config_faults(kind: str, config: MethodConfig) -> Iterator[str]:
    """Why no method of this known type has this Config."""
    yield from (f"'{name}' must not be set for type \"{kind}\"" for name in _set_of(FOREIGN[kind], config))
    yield from _size_faults(config)
    yield from CONFIG_FAULTS[kind](config)


def _set_of(record: type[Record], config: MethodConfig) -> Iterator[str]:
    """JSON names of the fields of ``record`` that are set."""
    for attribute, info in record.model_fields.items():
        if getattr(config, attribute):
            yield next(said.name for said in info.metadata if isinstance(said, Json))


def _jwt_faults(config: MethodConfig) -> Iterator[str]:
    sources = (config.jwt_validation_pub_keys, config.jwks_url, config.oidc_discovery_url)
    if sum(map(bool, sources)) != 1:
        yield _ONE_SOURCE
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


def _size_faults(config: MethodConfig) -> Iterator[str]:
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
    if url and not _HTTPS.fullmatch(url):
        yield f"{name} must be an https:// URL without a password: what comes in clear is worth nothing"
    if certificates and (why := certificates_fault(certificates)):
        yield f"error checking {cert_name}: {why}"


def _mapping_faults(name: str, mapping: Mapping[str, str]) -> Iterator[str]:
    targets = list(mapping.values())
    for target in targets:
        if not _TARGET.fullmatch(target):
            yield f"{name}: {target[:64]!r} is no name: letters, digits and _, at most 64, a letter first"
        if targets.count(target) > 1:
            yield f'{name} contains multiple mappings for key "{target}"'


def _kubernetes_faults(config: MethodConfig) -> Iterator[str]:
    for name, value in (("Host", config.host), ("ServiceAccountJWT", config.service_account_jwt)):
        if not value:
            yield f"Config.{name} is required"
    yield from _url_faults("Host", config.host, "CACert", config.ca_cert)
    if "?" in config.host or "#" in config.host:
        yield "Host must be the base URL of an API server, without a query or fragment"
    if not _is_jwt(config.service_account_jwt):
        yield "Config.ServiceAccountJWT is not a valid JWT: give the token itself, not the name of a file"


def _is_jwt(token: str) -> bool:
    """True for three parts in base64url, the first of which is an object that names an algorithm (RFC 7515)."""
    if not _JWT.fullmatch(token):
        return False
    try:
        parts = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")]
        header, claims = (orjson.loads(part) for part in parts[:2])
    except ValueError:
        return False
    return isinstance(header, dict) and isinstance(header.get("alg"), str) and isinstance(claims, dict)


FOREIGN: Final[Mapping[str, type[Record]]] = {"jwt": KubernetesConfig, "kubernetes": JwtConfig}
"""Type → whose fields its Config does not have."""
CONFIG_FAULTS: Final[Mapping[str, Callable[[MethodConfig], Iterator[str]]]] = {
    "jwt": _jwt_faults,
    "kubernetes": _kubernetes_faults,
}
"""Every type that is taken."""
