"""Whether a JWT is signed by a key of its authority: by an algorithm of the method's list, with a key of that kind.

What a JWT itself says of its algorithm only chooses among those of the list; a public key is never a shared secret.
Source: RFC 8725, sections 3.1 and 3.2; the cryptography is PyJWT's.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from lictor_actors.hosts.live.https_get import NotFetched
from lictor_actors.hosts.live.jwt_keys import JwtKeys, VerifyingKey
from lictor_messages.auth_methods import JwtVerified, VerifyJwt

DEFAULT: Final = ("RS256",)
KINDS: Final[dict[str, type[Any]]] = {
    "RS": RSAPublicKey,
    "PS": RSAPublicKey,
    "ES": EllipticCurvePublicKey,
    "Ed": Ed25519PublicKey,
}
"""Beginning of an algorithm's name → its keys."""
UNSIGNED: Final = "no known key successfully validated the token signature"
_JWS = PyJWS()


@cache
def keys_of_all() -> JwtKeys:
    """What this process has fetched."""
    return JwtKeys()


async def verify_jwt(job: VerifyJwt, keys: JwtKeys | None = None) -> JwtVerified:
    """Its claims, or why they are not believed."""
    try:
        header = _JWS.get_unverified_header(job.token)
    except PyJWTError as error:
        return JwtVerified(ticket=job.ticket, error=f"error parsing token: {error}")
    allowed = job.config.jwt_supported_algs or DEFAULT
    algorithm = header.get("alg")
    if algorithm not in allowed or algorithm[:2] not in KINDS:
        return JwtVerified(
            ticket=job.ticket, error=f"error verifying token: its algorithm is none of {', '.join(allowed)}"
        )
    try:
        known = await (keys or keys_of_all()).of(job.config, str(header.get("kid", "")))
    except NotFetched as error:
        return JwtVerified(ticket=job.ticket, error=f"error verifying token: {error}")
    payload = next(filter(None, (_payload(job.token, algorithm, key) for key in known)), None)
    if payload is None:
        return JwtVerified(ticket=job.ticket, error=f"error verifying token: {UNSIGNED}")
    return JwtVerified(ticket=job.ticket, claims=payload.decode("utf-8", "replace"))


def _payload(token: str, algorithm: str, key: VerifyingKey) -> bytes | None:
    public: Any = key.key
    if key.algorithm not in ("", algorithm) or not isinstance(public, KINDS[algorithm[:2]]):
        return None
    try:
        signed = _JWS.decode_complete(token, public, [algorithm])
    except PyJWTError:
        return None
    payload: bytes = signed["payload"]
    return payload
