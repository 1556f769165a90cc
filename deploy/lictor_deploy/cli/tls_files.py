"""``lictor tls``: an authority and its certificates, in files of the current directory."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from lictor_deploy.certificates.authority import DAYS_MOST, Authority, certificate_pem, key_pem
from lictor_deploy.certificates.leaf import IP, Kind, Leaf
from lictor_deploy.words.sentence import Failure

app = App(name="tls", help="Make certificates for a cluster. Example: lictor tls ca create")
ca = App(name="ca", help="Make the authority that signs them. Example: lictor tls ca create")
cert = App(name="cert", help="Make certificates. Example: lictor tls cert create -server")
app.command(ca)
app.command(cert)
PUBLIC, SECRET = 0o644, 0o600
OF_A_SERVER = """\
==> With this certificate a program can speak as a server, and so read and change everything. Copy it
    to servers alone, and keep it like the authority's key."""
Several = Annotated[list[str], Parameter(negative_iterable=())]


@ca.command(name="create")
def create_authority(
    *,
    domain: str = "consul",
    days: int = 1825,
    common_name: str = "",
    name_constraint: bool = False,
    additional_name_constraint: Several = [],  # noqa: B006 - cyclopts reads it, nothing changes it
    cluster_id: str = "",
) -> None:
    """Make an authority: DOMAIN-agent-ca.pem, which every node needs, and DOMAIN-agent-ca-key.pem, which none does.

    Example: lictor tls ca create -domain=consul -days=1825

    Parameters
    ----------
    domain
        The first label of the files, and the last of the names in certificates.
    days
        How long the authority is valid.
    common_name
        Its name; by default one with its serial number.
    name_constraint
        Let it sign for the domain and localhost alone.
    additional_name_constraint
        One more name that it may sign for; implies -name-constraint. May be given several times.
    cluster_id
        Taken for Consul's sake; it has no effect without a service mesh.
    """
    extra = additional_name_constraint
    names = [domain, "localhost", *extra] if name_constraint or extra else []
    made = Authority.made(common_name, lasting(days), names)
    written = {
        f"{domain}-agent-ca.pem": (certificate_pem(made.certificate), PUBLIC),
        f"{domain}-agent-ca-key.pem": (key_pem(made.key), SECRET),
    }
    write_new(written)


@Parameter(name="*")
@dataclass(frozen=True)
class Said:
    """What a certificate says, beside what it is for."""

    dc: str = "dc1"
    """The datacenter."""
    domain: str = "consul"
    """The domain of names."""
    days: int = 365
    """How long it is valid."""
    node: str = ""
    """With -server or -client: the name of the one node that it is for."""
    additional_dnsname: Several = field(default_factory=list)
    """One more name under which its holder is reached. May be given several times."""
    additional_ipaddress: Several = field(default_factory=list)
    """One more address of its holder. May be given several times."""

    def leaf(self, kind: Kind) -> Leaf:
        """The certificate to be. Raises Failure."""
        if self.node and kind == "cli":
            raise Failure("-node names one node: give it together with -server or -client.")
        ips = [address(ip) for ip in self.additional_ipaddress]
        return Leaf(kind, self.dc, self.domain, lasting(self.days), self.node, self.additional_dnsname, ips)


USUAL = Said()


@cert.command(name="create")
def create_certificate(
    *,
    server: bool = False,
    client: bool = False,
    cli: bool = False,
    ca: str = "#DOMAIN#-agent-ca.pem",
    key: str = "#DOMAIN#-agent-ca-key.pem",
    said: Said = USUAL,
) -> None:
    """Make a certificate and its key for a server, a client agent or the command line.

    Files are named after the datacenter, the kind and the domain, with the next free number:
    dc1-server-consul-0.pem and dc1-server-consul-0-key.pem.

    Example: lictor tls cert create -server -dc=dc1 -additional-ipaddress=10.0.0.5

    Parameters
    ----------
    server
        For a server. Keep it off other nodes: its holder may speak as a server.
    client
        For a client agent.
    cli
        For commands.
    ca
        File of the authority's certificate.
    key
        File of the authority's key.
    """
    leaf = said.leaf(one_kind(server=server, client=client, cli=cli))
    sign(leaf, ca.replace("#DOMAIN#", said.domain), key.replace("#DOMAIN#", said.domain))


def one_kind(**wanted: bool) -> Kind:
    """The one that is wanted. Raises Failure."""
    kinds = [kind for kind, chosen in wanted.items() if chosen]
    if len(kinds) != 1:
        raise Failure("Say what the certificate is for: one of -server, -client and -cli.")
    return kinds[0]  # type: ignore[return-value]


def sign(leaf: Leaf, ca: str, key: str) -> None:
    """Write the certificate that this authority gives. Raises Failure."""
    authority = Authority.read(read(ca, "-ca"), read(key, "-key"))
    try:
        certificate, secret = leaf.signed(authority)
    except ValueError as error:
        raise Failure(f"No certificate can say that: {error}.") from None
    if leaf.kind == "server":
        print(OF_A_SERVER)
    print(f"==> Signing with {ca} and {key}")
    stem = free_stem(f"{leaf.dc}-{leaf.kind}-{leaf.domain}")
    write_new({f"{stem}.pem": (certificate, PUBLIC), f"{stem}-key.pem": (secret, SECRET)})


def free_stem(stem: str) -> str:
    """With the first number whose two files are not there."""
    number = 0
    while any(Path(f"{stem}-{number}{end}.pem").exists() for end in ("", "-key")):
        number += 1
    return f"{stem}-{number}"


def lasting(days: int) -> int:
    """So many days. Raises Failure for none, and for more than a calendar takes."""
    if not 0 < days <= DAYS_MOST:
        raise Failure(f"-days={days} is no time for which a certificate can be valid: give 1 to {DAYS_MOST}.")
    return days


def address(text: str) -> IP:
    """An IP. Raises Failure."""
    try:
        return ip_address(text)
    except ValueError:
        raise Failure(f"-additional-ipaddress={text} is no IP address.") from None


def read(name: str, flag: str) -> bytes:
    """A file. Raises Failure."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Failure(
            f"Cannot read {name}: {why}. Make an authority with `lictor tls ca create`, or name its file with {flag}."
        ) from None


def write_new(files: dict[str, tuple[bytes, int]]) -> None:
    """All of them or none, never over one that is there. Secret ones are closed to others from the first byte."""
    for name in files:
        if Path(name).exists():
            raise Failure(f"{name} already exists. Move it away first: what it has signed would be lost.")
    for name, (data, mode) in files.items():
        try:
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except OSError as error:
            raise Failure(f"Cannot write {name}: {(error.strerror or str(error)).lower()}.") from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        print(f"==> Saved {name}")
