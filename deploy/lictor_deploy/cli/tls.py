"""TLS towards an agent, or the proxy in front of one: which authorities to trust, and what certificate to show."""

from __future__ import annotations

import ssl
from http.client import HTTPConnection, HTTPSConnection
from typing import NamedTuple

from lictor_deploy.cli.environment import switch, variable
from lictor_deploy.words.sentence import Failure

REMEDY = (
    "Name the file of the authority that signed it with -ca-file or CONSUL_CACERT, or set CONSUL_HTTP_SSL_VERIFY=false."
)


WANTS_ONE = ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "TLSV1_ALERT_UNKNOWN_CA")
"""What an agent with verify_incoming says to a client without a certificate, or with one of another authority."""


class TlsFlags(NamedTuple):
    """The flags as they were given; "" for those that were not."""

    ca_file: str = ""
    ca_path: str = ""
    client_cert: str = ""
    client_key: str = ""
    server_name: str = ""

    def or_environment(self) -> TlsFlags:
        """What is still empty is what the environment says."""
        names = ("CONSUL_CACERT", "CONSUL_CAPATH", "CONSUL_CLIENT_CERT", "CONSUL_CLIENT_KEY", "CONSUL_TLS_SERVER_NAME")
        return TlsFlags(*map(variable, names, self))


NO_TLS_FLAGS = TlsFlags()


class TlsConnection(HTTPSConnection):
    """A connection to an agent whose certificate may be for another name than its address."""

    def __init__(self, host: str, port: int, timeout_s: float | None, flags: TlsFlags) -> None:
        said = flags.or_environment()
        self._trust = context(said)
        self._name = said.server_name or host
        super().__init__(host, port, timeout=timeout_s, context=self._trust)

    def connect(self) -> None:
        """TCP, then the handshake for the expected name."""
        HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._name)


def context(said: TlsFlags) -> ssl.SSLContext:
    """The system's authorities or those that were named; no check at all if CONSUL_HTTP_SSL_VERIFY is false.

    Raises Failure for a file that holds no certificate.
    """
    made = trusting(said)
    if said.client_cert or said.client_key:
        show_certificate(made, said)
    if not switch("CONSUL_HTTP_SSL_VERIFY", default=True):
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def trusting(said: TlsFlags) -> ssl.SSLContext:
    """A context with the authorities."""
    try:
        return ssl.create_default_context(cafile=said.ca_file or None, capath=said.ca_path or None)
    except OSError as error:
        where = (
            f"-ca-file (CONSUL_CACERT={said.ca_file})" if said.ca_file else f"-ca-path (CONSUL_CAPATH={said.ca_path})"
        )
        raise Failure(f"Cannot use {where}: {why(error)}.") from None


def show_certificate(made: ssl.SSLContext, said: TlsFlags) -> None:
    """Let the context show a certificate to who asks for one."""
    if not (said.client_cert and said.client_key):
        raise Failure("-client-cert (CONSUL_CLIENT_CERT) and -client-key (CONSUL_CLIENT_KEY) go together: give both.")
    try:
        made.load_cert_chain(said.client_cert, said.client_key)
    except OSError as error:
        files = f"-client-cert {said.client_cert} with -client-key {said.client_key}"
        raise Failure(f"Cannot use {files}: {why(error)}.") from None


def why(error: OSError) -> str:
    """What is wrong with a file."""
    return "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror or str(error)


def distrust(error: ssl.SSLError, address: str) -> Failure:
    """Why no TLS connection came about."""
    if error.reason in WANTS_ONE or isinstance(error, ssl.SSLEOFError):
        return hung_up(address)
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(f"The certificate of {address} is not trusted: {error.verify_message}. {REMEDY}")
    reason = error.reason or error
    return Failure(f"What listens at {address} does not speak TLS ({reason}): try http://, or unset CONSUL_HTTP_SSL.")


def hung_up(address: str) -> Failure:
    """An agent ends the connection of a client that shows no certificate that it believes."""
    return Failure(
        f"What listens at {address} hung up: perhaps it asks for a certificate of its authority. Show one with "
        "-client-cert and -client-key (CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY)."
    )
