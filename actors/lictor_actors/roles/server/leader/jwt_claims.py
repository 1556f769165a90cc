"""Claims of a JWT whose signature holds: whether they are good now, and what a method takes from them.

Source: RFC 7519, section 4.1; leeways as on Consul's page on the auth method jwt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import orjson

from lictor_messages.auth_methods import Claims, JwtConfig, ListClaim

LEEWAY_S: Final = 150
"""Around a time that is not said."""
SKEW_S: Final = 60
"""By which clocks may differ."""
LATEST_S: Final = 1 << 40
"""Dates beyond are none."""
NS: Final = 1_000_000_000
Dates = tuple[float, float, float]


class BadClaims(ValueError):
    """Why a JWT is not taken though its signature holds."""


def judged(text: str, config: JwtConfig, now_ns: int) -> Claims:
    """What the method takes from these claims. Raises BadClaims if they are not good at ``now_ns``, since 1970."""
    try:
        claims = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadClaims(f"failed to unmarshal claims: {error}") from error
    if not isinstance(claims, dict):
        raise BadClaims("failed to unmarshal claims: they are no object")
    _check_times(claims, config, now_ns / NS)
    _check_issuer(claims, config)
    _check_audience(claims, config)
    return _mapped(claims, config)


# -- times ------------------------------------------------------------------------


def _check_times(claims: Mapping[str, Any], config: JwtConfig, now: float) -> None:
    issued, begins, ends = _dates(claims, config)
    skew = _leeway(config.clock_skew_leeway_ns, SKEW_S)
    if now + skew < begins:
        raise BadClaims("error validating claims: token not valid yet (nbf)")
    if now - skew > ends:
        raise BadClaims("error validating claims: token is expired (exp)")
    if now + skew < issued:
        raise BadClaims("error validating claims: token issued in the future (iat)")


def _dates(claims: Mapping[str, Any], config: JwtConfig) -> Dates:
    """When it was issued, when it begins and when it ends: what is not said follows from the others."""
    issued, begins, ends = (_date(claims, name) for name in ("iat", "nbf", "exp"))
    if not (issued or begins or ends):
        raise BadClaims("no issue time, notbefore, or expiration time encoded in token")
    ends = ends or max(issued, begins) + _leeway(config.expiration_leeway_ns, LEEWAY_S)
    begins = begins or issued or ends - _leeway(config.not_before_leeway_ns, LEEWAY_S)
    return issued, begins, ends


def _date(claims: Mapping[str, Any], name: str) -> float:
    given = claims.get(name) or 0
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LATEST_S:
        raise BadClaims(f"failed to unmarshal claims: {name} is no date in seconds")
    return float(given)


def _leeway(given_ns: int, default_s: int) -> float:
    return max(given_ns, 0) / NS if given_ns else default_s


# -- issuer and audience -----------------------------------------------------------


def _check_issuer(claims: Mapping[str, Any], config: JwtConfig) -> None:
    for issuer in (config.bound_issuer, config.oidc_discovery_url):
        if issuer and claims.get("iss") != issuer:
            raise BadClaims("error validating claims: invalid issuer claim (iss)")


def _check_audience(claims: Mapping[str, Any], config: JwtConfig) -> None:
    given = claims.get("aud") or []
    audience = given if isinstance(given, list) else [given]
    if not config.bound_audiences:
        if audience and not config.oidc_discovery_url:
            raise BadClaims("error validating claims: audience claim found in JWT but no audiences are bound")
    elif not any(bound in audience for bound in config.bound_audiences):
        raise BadClaims("error validating claims: aud claim does not match any bound audience")


# -- what is taken from them --------------------------------------------------------


def _mapped(claims: Mapping[str, Any], config: JwtConfig) -> Claims:
    values = {}
    for source, target in sorted(config.claim_mappings.items()):
        found = _find(claims, source)
        values[target] = "" if found is None else _text(found, source)
    lists = []
    for source, target in sorted(config.list_claim_mappings.items()):
        found = _find(claims, source)
        several = found if isinstance(found, list) else [] if found is None else [found]
        lists.append(ListClaim(name=target, values=tuple(_text(each, source) for each in several)))
    return Claims(values=values, lists=tuple(lists))


def _find(claims: Mapping[str, Any], source: str) -> Any:
    """A claim by its name, or by a JSON pointer (RFC 6901) to what is within; None if there is none."""
    if not source.startswith("/"):
        return claims.get(source)
    found: Any = claims
    for step in source[1:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdecimal() and int(name[:9]) < len(found):
            found = found[int(name[:9])]
        else:
            return None
    return found


def _text(found: Any, source: str) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, str):
        return found
    if isinstance(found, int | float) and math.isfinite(found):
        return str(found)
    raise BadClaims(f"the claim {source[:64]!r} is no text, number or boolean, nor a list of them")
