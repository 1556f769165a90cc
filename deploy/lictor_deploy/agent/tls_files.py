"""The files of one section about TLS: each key as it stands there, or in what stands in for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter

from lictor_actors.bus.tls import TlsFiles, UnusableFile
from lictor_deploy.config.sections import AgentConfig
from lictor_deploy.words.sentence import Failure

DEFAULTS = ("tls.defaults.", "")
"""Where a key may stand beside the section of its listener; the first one that is set holds."""


def together(config: AgentConfig, section: str, files: TlsFiles) -> None:
    """Raises Failure for a certificate without a key, and the other way round."""
    if bool(files.cert_file) != bool(files.key_file):
        lone, missing = ("cert_file", "key_file") if files.cert_file else ("key_file", "cert_file")
        raise Failure(f"{key_of(config, section, lone)} is of no use without {missing}: set both, or none.")


def with_authorities(section: str, key: str, files: TlsFiles) -> None:
    """Raises Failure if there are none to compare certificates with."""
    if not (files.ca_file or files.ca_path):
        raise Failure(f"{section}{key} needs authorities to believe: set {section}ca_file or ca_path.")


@contextmanager
def in_words(config: AgentConfig, section: str) -> Iterator[None]:
    """A file that cannot be used becomes a Failure that names the key."""
    try:
        yield
    except UnusableFile as trouble:
        raise Failure(f"{key_of(config, section, trouble.key)}: cannot use {trouble}.") from None


def asked_by_default(config: AgentConfig) -> bool:
    """Whether listeners ask for certificates that say nothing else."""
    return config.tls.defaults.verify_incoming or config.verify_incoming


def files_of(config: AgentConfig, section: str) -> TlsFiles:
    """Those of one section, or of what stands in for it."""

    def said(name: str) -> str:
        return str(attrgetter(key_of(config, section, name))(config))

    return TlsFiles(
        ca_file=said("ca_file"),
        ca_path=said("ca_path"),
        cert_file=said("cert_file"),
        key_file=said("key_file"),
        min_version=said("tls_min_version") or TlsFiles().min_version,
        suites=tuple(filter(None, said("tls_cipher_suites").split(","))),
    )


def key_of(config: AgentConfig, section: str, name: str) -> str:
    """The key that sets this, by its full name."""
    keys = [f"{level}{name}" for level in (section, *DEFAULTS)]
    return next((key for key in keys if attrgetter(key)(config)), keys[0])
