"""Transports of httpx that resolve names of services: ``http://web.service/path`` goes to an instance that passes.

The Host header, and what a certificate must bear, stay ``web.service``. Other hosts pass through. A name that cannot be
resolved is httpx's ConnectError, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from lictor_actors.client.errors import LictorError

try:
    import httpx
except ImportError:
    raise ImportError("client.transport() needs httpx: pip install 'lictor[httpx]'") from None

if TYPE_CHECKING:
    from lictor_actors.client.resolving import Pick, Resolved

SUFFIX = ".service"


class Resolves(Protocol):
    """A client that blocks."""

    def resolve(self, service: str, *, pick: Pick) -> Resolved:
        """One instance of a service that passes."""


class ResolvesAsync(Protocol):
    """A client that is awaited."""

    async def resolve(self, service: str, *, pick: Pick) -> Resolved:
        """One instance of a service that passes."""


class AsyncServiceTransport(httpx.AsyncBaseTransport):  # type: ignore[misc]  # httpx may be absent
    """For ``httpx.AsyncClient(transport=client.transport())``."""

    def __init__(self, client: ResolvesAsync, pick: Pick) -> None:
        self._client = client
        self._pick = pick
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send to where the host is resolved to."""
        service = _service(request)
        if not service:
            return await self._inner.handle_async_request(request)
        try:
            found = await self._client.resolve(service, pick=self._pick)
        except LictorError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return await self._inner.handle_async_request(_sent_to(found, request))

    async def aclose(self) -> None:
        """Hang up."""
        await self._inner.aclose()


class ServiceTransport(httpx.BaseTransport):  # type: ignore[misc]  # httpx may be absent
    """For ``httpx.Client(transport=client.transport())``."""

    def __init__(self, client: Resolves, pick: Pick) -> None:
        self._client = client
        self._pick = pick
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to where the host is resolved to."""
        service = _service(request)
        if not service:
            return self._inner.handle_request(request)
        try:
            found = self._client.resolve(service, pick=self._pick)
        except LictorError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return self._inner.handle_request(_sent_to(found, request))

    def close(self) -> None:
        """Hang up."""
        self._inner.close()


def _service(request: httpx.Request) -> str:
    """The service that the host names, "" if it names none."""
    host = request.url.host
    return str(host.removesuffix(SUFFIX)) if host.endswith(SUFFIX) else ""


def _sent_to(found: Resolved, request: httpx.Request) -> httpx.Request:
    """A copy: redirects are followed from the request as it was made."""
    url = request.url.copy_with(host=found.address, port=found.port or request.url.port)
    extensions = {"sni_hostname": request.url.host} | request.extensions
    return httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)
