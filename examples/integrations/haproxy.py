"""HAProxy finds its servers by SRV records of an agent's DNS: they come and go without a reload.

python examples/integrations/haproxy.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from stage import Instance, fetched, free_port, program, running, until

from lictor_deploy.local.handle import Cluster

CONFIGURATION = """\
resolvers lictor
    nameserver agent {dns}
    accepted_payload_size 1232
    timeout resolve 500ms
    timeout retry 500ms
    hold valid 500ms
    hold obsolete 0s
    hold nx 0s

defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    retries 2
    option redispatch

frontend here
    bind 127.0.0.1:{port}
    default_backend web

backend web
    balance roundrobin
    server-template web 5 _web._tcp.service.consul resolvers lictor resolve-prefer ipv4 init-addr none check inter 500ms
"""


def main() -> None:
    haproxy = program("haproxy", "haproxy")
    with Cluster.local(3, 3) as cluster, tempfile.TemporaryDirectory() as folder:
        asked, one, two = (cluster.nodes[f"agent-{number}"] for number in (1, 2, 3))  # agent-1 answers DNS
        port, configuration = free_port(), Path(folder) / "haproxy.cfg"
        configuration.write_text(CONFIGURATION.format(dns=asked.dns, port=port))

        def answering() -> set[str]:
            """Which instances answer ten requests; "" stands for none."""
            return {fetched(f"http://127.0.0.1:{port}/") for _ in range(10)}

        first, second = Instance(one), Instance(two)
        with running(haproxy, "-db", "-f", configuration, log=Path(folder) / "log"):
            until(lambda: answering() == {first.id, second.id}, "both instances are called")
            print(f"HAProxy has found {first.id} and {second.id} by _web._tcp.service.consul")
            third = Instance(one)
            took = until(lambda: answering() == {first.id, second.id, third.id}, "the third is called")
            print(f"{third.id} came, and was called {took:.1f} s later")
            first.leave()
            took = until(lambda: answering() == {second.id, third.id}, "the first is left alone")
            print(f"{first.id} left, and was let go {took:.1f} s later")
            second.die()
            took = until(lambda: answering() == {third.id}, "the dead one is left alone")
            print(f"{second.id} died, and was let go {took:.1f} s later")
            third.leave()


if __name__ == "__main__":
    main()
