"""One seed's life of a cluster: size, sizes, times and a mix of faults are drawn, then trouble, work and checks."""

from collections import Counter
from random import Random

from raft_network import MS, Network

from lictor_actors.raft import NotLeading, RaftOptions, Role


def chaos(seed: int) -> tuple[Network, Counter[str]]:
    """Eight virtual seconds of trouble; returns the network, unhealed, and how often each thing happened."""
    dice = Random(seed)
    options = RaftOptions(frame_bytes=dice.choice([60, 200, 128 * 1024]), eager_messages=dice.choice([1, 2, 8]))
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
        if dice.random() < busy:
            work(net, dice, number, seen, asked)
        check_reads(net, seen, asked)
    seen["elections"] += len(net.judge.leaders)
    seen["lost"] += net.lost
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
