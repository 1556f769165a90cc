"""Prometheus scrapes the healthy instances of a service, which it hears of through its HTTP service discovery.

    python examples/integrations/prometheus.py

Debian's Prometheus is built without consul_sd. http_sd takes its place: a few lines answer it from an agent. Where
consul_sd is built in, `consul_sd_configs: [{server: "127.0.0.1:8500"}]` needs none of that.
"""

from __future__ import annotations

import json
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from stage import Instance, fetched, free_port, program, running, until

from lictor_deploy.local.handle import Cluster

CONFIGURATION = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: web
    http_sd_configs:
      - url: http://127.0.0.1:{bridge}/web
        refresh_interval: 1s
"""


def bridge(agent: str) -> ThreadingHTTPServer:
    """Answers ``/NAME`` with the healthy instances of that service, as http_sd wants them."""

    class Targets(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = json.loads(fetched(f"http://{agent}/v1/health/service{self.path}?passing&stale"))
            groups = [
                {
                    "targets": [f"{one['Service']['Address'] or one['Node']['Address']}:{one['Service']['Port']}"],
                    "labels": {"node": one["Node"]["Node"], "service_id": one["Service"]["ID"]},
                }
                for one in found
            ]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(groups).encode())

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Targets)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    prometheus = program("prometheus", "prometheus")
    with Cluster.local(3, 3) as cluster, tempfile.TemporaryDirectory() as folder:
        one, two, asked = (cluster.nodes[f"agent-{number}"] for number in (1, 2, 3))
        targets, port, configuration = bridge(asked.http), free_port(), Path(folder) / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(bridge=targets.server_address[1]))

        def scraped() -> set[str]:
            """Which instances answered the last scrape."""
            rows = json.loads(fetched(f"http://127.0.0.1:{port}/api/v1/query?query=up==1") or "{}").get("data", {})
            return {row["metric"]["service_id"] for row in rows.get("result", ())}

        first, second = Instance(one), Instance(two)
        flags = (f"--config.file={configuration}", f"--storage.tsdb.path={folder}/data")
        with running(prometheus, *flags, f"--web.listen-address=127.0.0.1:{port}", log=Path(folder) / "log"):
            until(lambda: scraped() == {first.id, second.id}, "both are scraped")
            print(f"Prometheus scrapes {first.id} and {second.id}")
            third = Instance(one)
            took = until(lambda: scraped() == {first.id, second.id, third.id}, "the third is scraped")
            print(f"{third.id} came, and was scraped {took:.1f} s later")
            first.leave()
            took = until(lambda: scraped() == {second.id, third.id}, "the first is let go")
            print(f"{first.id} left, and was let go {took:.1f} s later")
            second.leave()
            third.leave()
        targets.shutdown()
        targets.server_close()


if __name__ == "__main__":
    main()
