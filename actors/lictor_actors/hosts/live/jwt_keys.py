"""The keys of an authority: from the method itself, from a JWKS, or from the one that OpenID Connect's discovery names.

What came over the network is kept for a while, and fetched anew for a key that is not among it: authorities rotate
their keys. Source: RFC 7517; OpenID Connect Discovery 1.0, sections 3 and 4.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from lictor_actors.hosts.live.https_get import NotFetched, https_get, json_object
from lictor_messages.auth_methods import JwtConfig

KEPT_S: Final = 300.0
AGAIN_S: Final = 5.0
"""Within this time keys are not fetched again, however many unknown ones are named: strangers name them."""
SETS_MOST: Final = 64
KEYS_MOST: Final = 64
"""Of one set."""
Get = Callable[[str, str], Awaitable[bytes]]


class VerifyingKey(NamedTuple):
    """A public key, and what its set says of it."""

    key: Any
    id: str = ""
    algorithm: str = ""
    """The only one that it is for, "" if that is not said."""


@dataclass(slots=True)
class _Set:
    keys: tuple[VerifyingKey, ...] = ()
    fetched: float = float("-inf")
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Those who need the same keys at the same time wait for one answer."""


class JwtKeys:
    """The keys of all methods of a process."""

    def __init__(self, get: Get = https_get) -> None:
        self._get = get
        self._sets: OrderedDict[tuple[str, ...], _Set] = OrderedDict()

    async def of(self, config: JwtConfig, key_id: str) -> tuple[VerifyingKey, ...]:
        """Those that may have signed a JWT which names ``key_id``, "" for none. Raises NotFetched."""
        if config.jwt_validation_pub_keys:
            return tuple(VerifyingKey(_from_pem(pem)) for pem in config.jwt_validation_pub_keys)
        known = self._set_of(config)
        async with known.busy:
            age = asyncio.get_running_loop().time() - known.fetched
            if age > KEPT_S or (age > AGAIN_S and not _fitting(known.keys, key_id)):
                known.keys = await self._fetched(config)
                known.fetched = asyncio.get_running_loop().time()
        return _fitting(known.keys, key_id)

    def _set_of(self, config: JwtConfig) -> _Set:
        name = (config.jwks_url, config.jwks_ca_cert, config.oidc_discovery_url, config.oidc_discovery_ca_cert)
        known = self._sets.setdefault(name, _Set())
        self._sets.move_to_end(name)
        if len(self._sets) > SETS_MOST:
            self._sets.popitem(last=False)
        return known

    async def _fetched(self, config: JwtConfig) -> tuple[VerifyingKey, ...]:
        if config.jwks_url:
            return _keys(await self._get(config.jwks_url, config.jwks_ca_cert))
        issuer = config.oidc_discovery_url
        document = await self._get(
            f"{issuer.rstrip('/')}/.well-known/openid-configuration", config.oidc_discovery_ca_cert
        )
        said = json_object(document, "the discovery document")
        if said.get("issuer") != issuer:
            raise NotFetched(f"the discovery document is of another issuer than {issuer!r}")
        url = said.get("jwks_uri")
        if not isinstance(url, str):
            raise NotFetched("the discovery document names no jwks_uri")
        return _keys(await self._get(url, config.oidc_discovery_ca_cert))


def _fitting(keys: tuple[VerifyingKey, ...], key_id: str) -> tuple[VerifyingKey, ...]:
    return tuple(key for key in keys if not key_id or key.id in ("", key_id))


def _keys(document: bytes) -> tuple[VerifyingKey, ...]:
    given = json_object(document, "the JWKS").get("keys")
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    found = (_from_jwk(row) for row in rows[:KEYS_MOST] if row.get("use", "sig") == "sig")
    return tuple(key for key in found if key is not None)


def _from_jwk(row: dict[str, Any]) -> VerifyingKey | None:
    """None for a key of a kind that is not known here; a set may hold such."""
    try:
        return VerifyingKey(PyJWK(row).key, str(row.get("kid", "")), str(row.get("alg", "")))
    except PyJWTError:
        return None


def _from_pem(pem: str) -> Any:
    if "BEGIN CERTIFICATE" in pem:
        return load_pem_x509_certificate(pem.encode()).public_key()
    return load_pem_public_key(pem.encode())
