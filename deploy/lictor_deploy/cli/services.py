"""``lictor services register|deregister``: services of an agent, from files or from flags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from lictor_deploy.cli.http_api import escaped, expect
from lictor_deploy.cli.options import DEFAULT_REACH, Reach
from lictor_deploy.cli.values import Whole
from lictor_deploy.config.files import read
from lictor_deploy.words.sentence import Failure
from lictor_messages.addresses import split_host_port

app = App(name="services", help="Register services with the agent. Example: lictor services register web.json")
AGAIN = "may be given several times."
Tags = Annotated[tuple[str, ...], Parameter(negative=(), help=f"A tag of the service; {AGAIN}")]
Meta = Annotated[tuple[str, ...], Parameter(negative=(), help=f"key=value to attach to the service; {AGAIN}")]
Addresses = Annotated[
    tuple[str, ...],
    Parameter(negative=(), help=f"NAME=ADDRESS:PORT, another address, such as wan=198.51.100.7:80; {AGAIN}"),
]


@app.command
def register(
    *files: str,
    id: str = "",
    name: str = "",
    address: str = "",
    port: Whole = 0,
    tag: Tags = (),
    meta: Meta = (),
    tagged_address: Addresses = (),
    kind: str = "",
    reach: Reach = DEFAULT_REACH,
) -> None:
    """Register the services of files as they stand in an agent's configuration, or one that flags describe.

    Example: lictor services register web.json
    Example: lictor services register -name=web -port=8080 -tag=blue

    Parameters
    ----------
    files
        Files, in JSON or HCL, with ``service`` or ``services``.
    id
        Id of the service. Default: its name.
    name
        Name of the service; needed without files.
    address
        Address of the service. Default: the node's.
    port
        Port of the service.
    kind
        Kind of the service. Default: an ordinary one; others belong to a mesh.
    """
    flags = {"ID": id, "Name": name, "Address": address, "Port": port, "Tags": list(tag), "Kind": kind}
    flags |= {"Meta": pairs(meta, "meta"), "TaggedAddresses": tagged(tagged_address)}
    for service in described(files, flags):
        expect(reach.api().put("/v1/agent/service/register", json.dumps(service).encode()))
        print(f"Registered service: {name_of(service)}")


@app.command
def deregister(*files: str, id: str = "", reach: Reach = DEFAULT_REACH) -> None:
    """Deregister the services of files, or one by its id.

    Example: lictor services deregister web.json
    Example: lictor services deregister -id=web

    Parameters
    ----------
    files
        Files, in JSON or HCL, with ``service`` or ``services``.
    id
        Id of the service; needed without files.
    """
    for service in described(files, {"ID": id}):
        service_id = id_of(service)
        expect(reach.api().put(f"/v1/agent/service/deregister/{escaped(service_id)}"))
        print(f"Deregistered service: {service_id}")


def described(files: tuple[str, ...], flags: dict[str, Any]) -> list[dict[str, Any]]:
    """The services of files, or the one of flags; Failure for both and for neither."""
    given = {key: value for key, value in flags.items() if value}
    if bool(files) == bool(given):
        raise Failure("Give either files or flags that describe a service. Example: lictor services register web.json")
    if given:
        return [given]
    found = [service for file in files for service in services_of(Path(file))]
    if not found:
        raise Failure(f'There is no service in {", ".join(files)}. Write it as {{"service": {{"name": "web"}}}}.')
    return found


def services_of(path: Path) -> list[dict[str, Any]]:
    """What a file defines; Failure for what is no list of objects with a name."""
    raw = read(path)
    if others := sorted(raw.keys() - {"services"}):
        raise Failure(f"{path}: only service and services are read here, not {others[0]}.")
    services = raw.get("services") or []
    if not isinstance(services, list) or not all(isinstance(each, dict) and id_of(each) for each in services):
        raise Failure(f"{path}: each service must be an object with a name.")
    return services


def pairs(words: tuple[str, ...], flag: str) -> dict[str, str]:
    """``key=value`` words of a flag as a map."""
    for word in words:
        if "=" not in word:
            raise Failure(f"-{flag}={word} must be key=value.")
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def tagged(words: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """``name=address:port`` words as Consul's JSON."""
    found = {}
    for name, place in pairs(words, "tagged-address").items():
        try:
            address, port = split_host_port(place, 0)
        except ValueError:
            raise Failure(f"-tagged-address={name}={place} must be NAME=ADDRESS:PORT.") from None
        found[name] = {"Address": address, "Port": port}
    return found


def name_of(service: dict[str, Any]) -> str:
    """The name, in any of the spellings that the API takes."""
    return str(service.get("Name") or service.get("name") or "")


def id_of(service: dict[str, Any]) -> str:
    """The id, which is the name where there is none."""
    return str(service.get("ID") or service.get("id") or name_of(service))
