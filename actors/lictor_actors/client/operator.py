"""What operators ask and change: Consul's /v1/operator. Who the servers of Raft are says ``status.servers``, too."""

from __future__ import annotations

from typing import Unpack

from lictor_actors.client.both import Api, Ask, M, both
from lictor_actors.client.durations import Duration
from lictor_actors.client.http_only import ChangeKeyrings
from lictor_actors.client.questions import ask, nothing, ok, read
from lictor_actors.client.results import ReadOptions, query_fields
from lictor_messages.answers import Written
from lictor_messages.autopilot import (
    AutopilotConfiguration,
    AutopilotConfigured,
    AutopilotHealth,
    GetAutopilotConfiguration,
    GetAutopilotHealth,
    RemovePeer,
    SetAutopilotConfiguration,
    TransferLeadership,
)
from lictor_messages.keyring import KeyringReport, RunKeyring
from lictor_messages.status import GetRaftConfiguration, RaftConfiguration
from lictor_messages.usage import CountUsage, Usage


class Operator(Api[M]):
    """Raft's servers, autopilot, gossip keys, usage."""

    @both
    def raft_configuration(self, *, timeout: Duration | None = None) -> Ask[RaftConfiguration]:
        """The servers of the Raft configuration, as the leader knows them; over HTTP without terms and indexes."""
        return ask(GetRaftConfiguration(), RaftConfiguration, lambda a: a, timeout)

    @both
    def remove_peer(self, *, id: str = "", address: str = "", timeout: Duration | None = None) -> Ask[None]:
        """Take a server that will not come back out of the Raft configuration, by its id or by its ``ip:port``."""
        return ask(RemovePeer(id=id, address=address), Written, nothing, timeout)

    @both
    def transfer_leader(self, server_id: str = "", *, timeout: Duration | None = None) -> Ask[None]:
        """Hand leadership to the server of this id, or to the fittest."""
        return ask(TransferLeadership(id=server_id), Written, nothing, timeout)

    @both
    def autopilot_configuration(self, *, timeout: Duration | None = None) -> Ask[AutopilotConfiguration]:
        """Autopilot's configuration in force."""
        return ask(GetAutopilotConfiguration(), AutopilotConfigured, lambda a: a.configuration, timeout)

    @both
    def set_autopilot_configuration(
        self, configuration: AutopilotConfiguration, *, cas: int | None = None, timeout: Duration | None = None
    ) -> Ask[bool]:
        """Replace it as a whole; with ``cas`` only if its ModifyIndex is that, else False."""
        return ask(SetAutopilotConfiguration(configuration=configuration, cas=cas), Written, ok, timeout)

    @both
    def autopilot_health(self, *, timeout: Duration | None = None) -> Ask[AutopilotHealth]:
        """Every server as its leader sees it: health, votes, who leads. This is Consul's autopilot state as well."""
        return ask(GetAutopilotHealth(), AutopilotHealth, lambda a: a, timeout)

    @both
    def keyring(self, *, relay_factor: int = 0, timeout: Duration | None = None) -> Ask[KeyringReport]:
        """The gossip keys of the datacenter's own pool: which members have each, and which encrypt with it."""
        return ask(RunKeyring(verb="list", relay_factor=relay_factor), KeyringReport, lambda a: a, timeout)

    @both
    def install_key(self, key: str, *, relay_factor: int = 0, timeout: Duration | None = None) -> Ask[None]:
        """Give a gossip key (base64) to the members of all pools. HTTP addresses only, as are the next two."""
        return ask(ChangeKeyrings(verb="install", key=key, relay_factor=relay_factor), Written, nothing, timeout)

    @both
    def use_key(self, key: str, *, relay_factor: int = 0, timeout: Duration | None = None) -> Ask[None]:
        """Have all members encrypt with a gossip key that they have."""
        return ask(ChangeKeyrings(verb="use", key=key, relay_factor=relay_factor), Written, nothing, timeout)

    @both
    def remove_key(self, key: str, *, relay_factor: int = 0, timeout: Duration | None = None) -> Ask[None]:
        """Take a gossip key that none encrypts with from all members."""
        return ask(ChangeKeyrings(verb="remove", key=key, relay_factor=relay_factor), Written, nothing, timeout)

    @both
    def usage(self, **options: Unpack[ReadOptions]) -> Ask[Usage]:
        """How many nodes, services and instances the catalog of one datacenter holds."""
        return read(CountUsage(**query_fields(options)), Usage, lambda a: a, options)
