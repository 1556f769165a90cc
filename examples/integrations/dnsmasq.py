"""dnsmasq, as a machine's resolver, forwards Consul's names to the agent's DNS, so that every program can use them.

python examples/integrations/dnsmasq.py      # needs dnspython to ask
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
from stage import Instance, free_port, program, running, until

from lictor_deploy.local.handle import Cluster


def main() -> None:
    dnsmasq = program("dnsmasq", "dnsmasq-base")
    with Cluster.local(3, 3) as cluster, tempfile.TemporaryDirectory() as folder:
        asked, one, two = (cluster.nodes[f"agent-{number}"] for number in (1, 2, 3))  # agent-1 answers DNS
        port, forward = free_port(), f"--server=/consul/{asked.dns.replace(':', '#')}"

        def answer(name: str, kind: str = "A") -> dns.message.Message:
            return dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1", port=port, timeout=5)

        def addresses(name: str) -> set[str]:
            return {row.address for found in answer(name).answer for row in found}

        first, second = Instance(one), Instance(two)
        flags = (
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--conf-file=/dev/null",
            "--user=",
            "--bind-interfaces",
        )
        listen = (f"--port={port}", "--listen-address=127.0.0.1", "--pid-file=")
        with running(dnsmasq, *flags, *listen, forward, log=Path(folder) / "log"):
            until(lambda: listens(port), "dnsmasq listens")
            until(lambda: addresses("web.service.consul") == {one.ip, two.ip}, "both have an address")
            print(f"web.service.consul has {one.ip} and {two.ip}")
            [found] = answer("_web._tcp.service.consul", "SRV").answer
            print(f"SRV: ports {sorted(row.port for row in found)}")
            first.leave()
            took = until(lambda: addresses("web.service.consul") == {two.ip}, "the first is gone")
            print(f"{first.id} left, and was gone from DNS {took:.1f} s later")
            for name in ("none.service.consul", "other.example"):
                print(f"{name}: {dns.rcode.to_text(answer(name).rcode())}")
            second.leave()


def listens(port: int) -> bool:
    try:
        dns.query.tcp(dns.message.make_query("x.", "A"), "127.0.0.1", port=port, timeout=1)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
