"""Consul's environment variables of client commands; a flag wins over its variable.

Source: Consul's page on commands, section "Environment variables".
"""

from __future__ import annotations

import os
from base64 import b64encode

from lictor_deploy.words.sentence import Failure

DEFAULT_ADDRESS = "127.0.0.1:8500"
TRUE, FALSE = ("1", "t", "true"), ("0", "f", "false")


def address(flag: str = "") -> str:
    """Where the agent listens: the flag, CONSUL_HTTP_ADDR, else this machine; https:// if CONSUL_HTTP_SSL is true."""
    where = flag or variable("CONSUL_HTTP_ADDR") or DEFAULT_ADDRESS
    return f"https://{where}" if "://" not in where and switch("CONSUL_HTTP_SSL", default=False) else where


def headers(token: str = "", token_file: str = "") -> dict[str, str]:
    """The token, and the name with its password that a proxy in front of the agent may want."""
    secret = secret_of(token, token_file)
    found = {"X-Consul-Token": secret} if secret else {}
    if name := variable("CONSUL_HTTP_AUTH"):
        found["Authorization"] = f"Basic {b64encode(name.encode(errors='surrogateescape')).decode()}"
    return found


def secret_of(token: str, token_file: str) -> str:
    """A file wins over a token: of the flags first, then of the environment."""
    if token_file or token:
        return read_token(token_file, "-token-file") if token_file else token
    if file := variable("CONSUL_HTTP_TOKEN_FILE"):
        return read_token(file, "CONSUL_HTTP_TOKEN_FILE")
    return variable("CONSUL_HTTP_TOKEN")


def read_token(path: str, said_by: str) -> str:
    """The token in a file."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"Cannot read the token file {path}: {error}. Check {said_by}.") from None


def variable(name: str, flag: str = "") -> str:
    """The flag, else the variable, else ""."""
    return flag or os.environ.get(name, "")


def switch(name: str, *, default: bool) -> bool:
    """A variable that is true or false, in Go's spellings; Failure for any other."""
    value = variable(name).lower()
    if value and value not in (*TRUE, *FALSE):
        raise Failure(f"{name}={variable(name)} is neither true nor false: set it to one of them, or unset it.")
    return value in TRUE if value else default
