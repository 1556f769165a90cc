"""What an actor of a world is at this moment, in lines that a person can read."""

from __future__ import annotations

from collections.abc import Iterator

from lictor_actors.hosts.seat import Seat
from lictor_actors.hosts.world import World
from lictor_actors.raft import Raft
from lictor_actors.raft.log import Entry
from lictor_actors.roles.agent.agent import Agent
from lictor_actors.roles.prober.prober import Prober
from lictor_actors.roles.server.server import Server
from lictor_actors.store.commands import unpack_command
from lictor_actors.timeline.words import describe
from lictor_messages.envelope import at

TAIL = 10
"""Entries of a log that are shown."""


def look(world: World, who: str) -> list[str]:
    """``server@server-1.dc1``, or a node for all of its actors in brief; the datacenter may be left out.

    Raises LookupError for one that is not there.
    """
    role, _, name = who.rpartition("@")
    node = next((known for known in world.machines if name in (known, known.partition(".")[0])), "")
    if not node:
        raise LookupError(f"there is no node {name!r}: there are {' '.join(world.machines)}")
    return list(_actor(world, role, node) if role else _node(world, node))


def _node(world: World, node: str) -> Iterator[str]:
    machine = world.machines[node]
    state = f"up, boot {machine.boots}" if machine.running else "down"
    clock = f"monotonic {machine.clock.now(world.time) / 1e9:.6f} s, wall {machine.clock.wall(world.time) / 1e9:.6f} s"
    yield f"{node}: {state}, {clock}"
    yield f"  directory  {' '.join(machine.directory) or 'empty'}"
    for role, seat in machine.node.seats.items() if machine.running else ():
        yield f"  {role:10} {f'life {seat.life.number:x}' if seat.life else f'down: {seat.down_because}'}"


def _actor(world: World, role: str, node: str) -> Iterator[str]:
    machine = world.machines[node]
    if not machine.running:
        yield f"{node} is down"
        return
    seat = machine.node.seats.get(role)
    if seat is None:
        raise LookupError(f"{node} has no actor {role!r}: it has {' '.join(machine.node.seats)}")
    if seat.life is None:
        yield f"{seat.address} is down: {seat.down_because}"
        return
    yield f"{seat.address} at {world.time / 1e9:.6f} s, life {seat.life.number:x}"
    yield from _inside(seat, world.ground.now(node))
    yield f"  timers     {' '.join(seat.life.timers) or 'none'}"
    yield f"  journal    {seat.life.persisted} records written in this life, {seat.life.durable} durable"


def _inside(seat: Seat, now: int) -> Iterator[str]:
    assert seat.life is not None
    match seat.life.actor:
        case Server() as server:
            yield from _server(server, now)
        case Prober() as prober:
            yield from _prober(prober, now)
        case Agent() as agent:
            yield from _agent(agent)
        case actor:
            yield f"  actor      {type(actor).__name__}"


def _server(server: Server, now: int) -> Iterator[str]:
    raft = server.raft
    yield f"  raft       {raft.role.value} in term {raft.term}, leader {raft.leader or 'unknown'}"
    yield f"  log        {raft.first_index} to {raft.last_index}, durable {raft.durable_index}"
    yield f"  committed  {raft.commit_index}, applied {server.applied}"
    yield f"  voters     {' '.join(raft.configuration)}"
    if raft.role.value == "leader":
        yield f"  lease      {'valid' if raft.lease_valid(now) else 'not valid'}"
        contacts = raft.contacts(now)
        for peer, match in raft.matches().items():
            yield f"  peer       {peer} has {match}, answered {contacts[peer] / 1e6:.1f} ms ago"
    else:
        yield f"  heard      a leader {raft.last_contact(now) / 1e6:.1f} ms ago"
    for index, opened in server.leading.proposals.open.items() if server.leading else ():
        yield f"  open       {opened.ticket.request} waits for entry {index}"
    yield f"  blocked    {server.reads.blocked} queries"
    keys = ", ".join(
        f"{key}={row.value!r}@{row.modify_index}" for key, row in list(server.store.kv.entries.items())[:8]
    )
    yield f"  keys       {keys or 'none'}"
    yield f"  nodes      {' '.join(server.store.catalog.nodes) or 'none'}"
    yield from _tail(raft)


def _tail(raft: Raft) -> Iterator[str]:
    first = max(raft.first_index, raft.last_index - TAIL + 1)
    for entry in raft.entries(first, raft.last_index + 1):
        state = " " if entry.index <= raft.commit_index else "?"
        yield f"  entry    {state} {entry.index} of term {entry.term}: {_said(entry)}"


def _said(entry: Entry) -> str:
    if entry.type != "command":
        return entry.type
    _, asker, request, command = unpack_command(entry.data)
    return f"{describe(command)} for {asker} {request}".rstrip()


def _prober(prober: Prober, now: int) -> Iterator[str]:
    me = prober.members.me
    yield f"  me         incarnation {me.incarnation}{', leaving' if me.leaving else ''}"
    yield f"  alive      {prober.alive_count}, this node included"
    for peer in prober.members.sorted():
        if peer is not me:
            by = f", accused by {peer.accuser}" if peer.accuser else ""
            since = f"for {(now - peer.since) / 1e9:.1f} s"
            yield f"  member     {peer.node} {peer.state.value} {since}, incarnation {peer.incarnation}{by}"


def _agent(agent: Agent) -> Iterator[str]:
    yield f"  server     {agent.routes.first() or 'none known'}, of {len(agent.routes)}"
    for name, service in agent.local.services.items():
        yield f"  service    {name} on port {service.record.port}"
    for name, check in agent.local.checks.items():
        yield f"  check      {name} {check.record.status}"


def addresses(world: World) -> list[str]:
    """Every actor that can be looked at."""
    found = []
    for name, machine in world.machines.items():
        found += [at(role, name) for role in machine.node.seats] if machine.running else []
    return found
