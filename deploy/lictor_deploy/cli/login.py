"""``lictor login`` and ``lictor logout``: secrets go from file to file, never over a terminal or a command line."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from lictor_deploy.cli.acl_flags import Several
from lictor_deploy.cli.http_api import expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.words.sentence import Failure


def login(
    *,
    method: str,
    bearer_token_file: str,
    token_sink_file: str,
    meta: Several = (),
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Exchange the token of another authority for one of Lictor's, which goes into a file.

    Example: lictor login -method=ci -bearer-token-file=jwt.txt -token-sink-file=token.txt

    Parameters
    ----------
    method
        The auth method.
    bearer_token_file
        The file with the token of the other authority.
    token_sink_file
        Where the new token's secret is written; its owner alone can read it.
    meta
        For the token's description, as KEY=VALUE; may be given several times.
    """
    pairs = [text.partition("=") for text in meta]
    if any(not equals for _, equals, _ in pairs):
        raise Failure("-meta is to be KEY=VALUE, such as pod=web-1.")
    body = {
        "AuthMethod": method,
        "BearerToken": _read(bearer_token_file),
        "Meta": {key: value for key, _, value in pairs},
    }
    token = expect(reach.api().ask("POST", "/v1/acl/login", {}, json.dumps(body).encode())).fields()
    _write(Path(token_sink_file), token["SecretID"])


def logout(*, reach: Reach = DEFAULT_REACH) -> None:
    """Revoke the token by which this is asked; it must have come of a login.

    Example: lictor logout -token-file=token.txt
    """
    expect(reach.api().ask("POST", "/v1/acl/logout", {}))


def _read(name: str) -> str:
    try:
        text = Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"-bearer-token-file: {name} cannot be read: {error}.") from error
    if not text:
        raise Failure(f"-bearer-token-file: no token is in {name}.")
    return text


def _write(path: Path, secret: str) -> None:
    """At once or not at all, and from the first moment for its owner alone."""
    try:
        number, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(secret)
        Path(made).replace(path)
    except OSError as error:
        raise Failure(f"-token-sink-file: {path} cannot be written: {error}.") from error
