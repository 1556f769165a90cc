"""How an agent behind a TLS proxy is trusted, by Consul's environment variables."""

from __future__ import annotations

import os
import ssl

from lictor_deploy.words.sentence import Failure

FALSE = ("0", "f", "false")
REMEDY = "Name the file of the authority that signed it with CONSUL_CACERT, or set CONSUL_HTTP_SSL_VERIFY=false."


def context() -> ssl.SSLContext:
    """The system's authorities, or those in CONSUL_CACERT; no check at all if CONSUL_HTTP_SSL_VERIFY is false.

    Raises Failure for a file that holds no certificate.
    """
    authority = os.environ.get("CONSUL_CACERT", "")
    try:
        made = ssl.create_default_context(cafile=authority or None)
    except OSError as error:
        why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise Failure(f"Cannot use CONSUL_CACERT={authority}: {why}.") from None
    if os.environ.get("CONSUL_HTTP_SSL_VERIFY", "").lower() in FALSE:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def distrust(error: ssl.SSLError, address: str) -> Failure:
    """Why no TLS connection came about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure(f"The certificate of {address} is not trusted: {error.verify_message}. {REMEDY}")
    why = error.reason or error
    return Failure(f"What listens at {address} does not speak TLS ({why}): try http://, or unset CONSUL_HTTP_SSL.")
