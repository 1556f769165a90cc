"""One seed's life of a cluster: size, sizes, times and a mix of faults are drawn, then trouble, work and checks."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

from raft_network import MS, Network

from lictor_actors.raft import ChangeRefused, Configuration, NotLeading, Overloaded, RaftOptions, Role
from lictor_actors.raft.quorum import majority


def chaos(seed: int, *, changes: bool = False) -> tuple[Network, Counter[str]]:
    """Eight virtual seconds of trouble; returns the network, unhealed, and how often each thing happened.

    With ``changes`` servers also take snapshots, come, go, and lose their disks.
    """
    dice = Random(seed)
    options = RaftOptions(frame_bytes=dice.choice([60, 200, 128 * 1024]), eager_messages=dice.choice([1, 2, 8]))
    if changes:
        small = {"snapshot_threshold": dice.choice([3, 10, 40]), "trailing_logs": dice.choice([0, 2, 10])}
        options = options.model_copy(update={**small, "held_logs": dice.choice([5, 1000])})
    net = Network(dice.choice([1, 2, 3, 3, 4, 5, 5]), seed, options)
    net.delay_ns = (MS // 10, dice.choice([1, 5, 60]) * MS)
    net.loss = dice.choice([0, 0, 0.02, 0.2])
    net.repeat = dice.choice([0, 0, 0.1])
    for host in net.hosts.values():
        host.drift = dice.uniform(0.97, 1.03)
        host.sync_ns = dice.choice([MS // 10, MS, 30 * MS])
    busy = dice.choice([0.02, 0.3, 1.0])  # under constant writes logs differ so much that few can stand at all
    calm = dice.choice([20, 40, 80])
    seen: Counter[str] = Counter()
    asked: dict[tuple[str, int, int], int] = {}
    for number in range(400):
        net.run(dice.randrange(1, 40 * MS))
        seen[trouble(net, dice, calm)] += 1
        if changes:
            seen[change(net, dice)] += 1
        if dice.random() < busy:
            work(net, dice, number, seen, asked)
        check_reads(net, seen, asked)
    seen["elections"] += len(net.judge.leaders)
    seen["lost"] += net.lost
    seen["installed"] += sum(net.hosts[name].server.restores for name in net.alive())
    return net, seen


def trouble(net: Network, dice: Random, calm: int) -> str:
    """Now and then something breaks or heals."""
    names = list(net.names)
    match dice.randrange(calm):
        case 0:
            net.heal()
            return "heal"
        case 1:
            dice.shuffle(names)
            half = dice.randrange(len(names))
            net.split(" ".join(names[:half]), " ".join(names[half:]))
            return "split"
        case 2 if len(names) > 1:
            one, other = dice.sample(names, 2)
            net.cut(one, other)
            if dice.randrange(2):
                net.cut(other, one)
            return "cut"
        case 3 | 4 if net.alive():
            net.crash(dice.choice(net.alive()))
            return "crash"
        case 5 | 6 | 7:
            for name in names:
                if name not in net.alive():
                    net.start(name)
            return "restart"
        case 8 if net.leaders() and len(names) > 1:
            leader = net.leader()
            target = dice.choice([name for name in names if name != leader])
            with suppress(LookupError):  # the target may be no voter
                net.do(leader, lambda raft, turn: raft.transfer_leadership(target, turn))
            return "transfer"
    return "quiet"


def work(net: Network, dice: Random, number: int, seen: Counter[str], asked: dict[tuple[str, int, int], int]) -> None:
    """Propose and read at a server that believes itself the leader, whether or not it still is."""
    leaders = net.leaders()
    if not leaders:
        return
    name = dice.choice(leaders)
    try:
        net.propose(name, *(b"%d.%d" % (number, i) for i in range(dice.randrange(1, 4))))
        seen["proposed"] += 1
    except NotLeading:
        seen["refused"] += 1
    if net.raft(name).role is Role.LEADER and dice.randrange(2):
        highest = net.judge.highest_commit
        life = net.hosts[name].life
        read = net.do(name, lambda raft, turn: raft.read(turn))
        assert isinstance(read, int)
        asked[name, id(life), net.raft(name).term * 10_000 + read] = highest
    if net.raft(name).lease_valid(int(net.now * net.hosts[name].drift)):
        seen["lease"] += 1


def check_reads(net: Network, seen: Counter[str], asked: dict[tuple[str, int, int], int]) -> None:
    """A confirmed read sees everything that was committed anywhere when it was asked."""
    for name in net.alive():
        server = net.hosts[name].server
        for read, index in server.reads:
            key = (name, id(net.hosts[name].life), server.raft.term * 10_000 + read)
            if key in asked:
                assert index >= asked[key], f"{name} read at {index}, but {asked[key]} was committed before"
                seen["read"] += 1
        server.reads.clear()


def heal(net: Network) -> None:
    net.heal()
    net.loss = net.repeat = 0.0
    net.delay_ns = (MS // 10, MS)
    for host in net.hosts.values():
        host.sync_ns = MS
    for name in net.names:
        if name not in net.alive():
            net.start(name)


# -- servers that come and go -----------------------------------------------------------------------------------------


def change(net: Network, dice: Random) -> str:
    """Now and then the configuration changes, or a disk is lost that the others can spare."""
    match dice.randrange(40):
        case 0:
            return reconfigure(net, dice, lambda c, name: c.with_nonvoter(name))
        case 1:
            return reconfigure(net, dice, lambda c, name: c.without(name))
        case 2 | 3 | 4:
            return reconfigure(net, dice, lambda c, name: c.promoted(name))
        case 5 | 6:
            return admit(net)
        case 7:
            name = dice.choice(net.names)
            if can_be_spared(net, name):
                net.wipe(name)
                return "wipe"
    return "quiet"


def reconfigure(net: Network, dice: Random, step: Callable[[Configuration, str], Configuration]) -> str:
    """Not while a disk was just lost: with one voter fewer the others might be no majority for good."""
    leaders = net.leaders()
    if not leaders or strangers(net):
        return "quiet"
    name, leader = dice.choice(net.names), dice.choice(leaders)
    return apply(net, leader, lambda c: step(c, name))


def strangers(net: Network) -> list[str]:
    """Servers that lost their disks and are not let in again."""
    return [name for name in net.wiped if name not in net.alive() or not net.raft(name).admitted]


def apply(net: Network, leader: str, step: Callable[[Configuration], Configuration]) -> str:
    try:
        net.do(leader, lambda raft, turn: raft.reconfigure(step(raft.members), turn))
    except (ChangeRefused, NotLeading, Overloaded):
        return "change refused"
    return "change"


def admit(net: Network) -> str:
    """A leader lets in who asks for it."""
    for leader in net.leaders():
        for name, identity in net.raft(leader).newcomers().items():
            row = net.raft(leader).members.row(name)
            if row is not None and row.identity != identity:
                return apply(net, leader, lambda c, name=name, identity=identity: c.with_nonvoter(name, identity))
    return "quiet"


def can_be_spared(net: Network, name: str) -> bool:
    """All others have on their disks what was ever committed, and are enough to decide by themselves."""
    others = [host for other, host in net.hosts.items() if other != name]
    highest = net.judge.highest_commit
    term = net.judge.committed.get(highest)
    have = [host.durable_snapshot >= highest or host.durable_log.get(highest) == term for host in others]
    admitted = [host.life is not None and host.server.raft.admitted for host in others]
    if not (highest and others and all(have) and all(admitted)):
        return False
    possible = [c for n in net.alive() for c in net.raft(n)._stable.configurations.possible(net.raft(n).commit_index)]
    return all(len(set(c.voters) - {name}) >= majority(len(c.voters)) for c in possible)


def gather(net: Network) -> None:
    """Bring everyone back in as a voter, one step at a time, as a leader's server would."""
    for _ in range(200):
        net.run(20 * MS)
        leaders = net.leaders()
        if len(leaders) != 1:
            continue
        leader = leaders[0]
        members = net.raft(leader).members
        strangers = net.raft(leader).newcomers()
        missing = [name for name in net.names if members.row(name) is None]
        waiting = [name for name in members.nonvoters if name not in strangers]
        if admit(net) != "quiet":
            continue
        if missing:
            apply(net, leader, lambda c, name=missing[0]: c.with_nonvoter(name))
        elif waiting:
            apply(net, leader, lambda c, name=waiting[0]: c.promoted(name))
        elif not members.nonvoters and net.raft(leader).settled_members is not None:
            return
