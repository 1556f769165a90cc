"""A server of the standard library for tests whose clients may hang up in the middle of an answer."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class LocalSite(ThreadingHTTPServer):
    """A client that went away is no error; any other that a handler raises fails the test at the end."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str) -> None:
        self.broke: list[BaseException] = []
        super().__init__((host, 0), handler)

    def handle_error(self, *_: object) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError):
            self.broke.append(error)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> Iterator[int]:
    """The site's port, while it listens."""
    site = LocalSite(handler, host)
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site.server_address[1]
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
    if site.broke:
        raise ExceptionGroup("the site's handlers", [e for e in site.broke if isinstance(e, Exception)])
