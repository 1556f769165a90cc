"""An authority that signs JWTs, and serves its keys over HTTPS by a certificate of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import jwt
from certificates import Signer
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

Answer = Callable[[asyncio.StreamWriter, str], Any]
"""Of the server: writes what a request for this path gets."""


class SigningKey:
    """One key; RSA takes a moment to be made, so tests that do not need it take an elliptic one."""

    def __init__(self, name: str, algorithm: str = "ES256") -> None:
        self.name = name
        self.algorithm = algorithm
        self.private: Any = (
            rsa.generate_private_key(65537, 2048)
            if algorithm.startswith("RS")
            else ec.generate_private_key(ec.SECP256R1())
        )

    @property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @property
    def jwk(self) -> dict[str, Any]:
        kind = RSAAlgorithm if self.algorithm.startswith("RS") else ECAlgorithm
        return {**kind.to_jwk(self.private.public_key(), as_dict=True), "kid": self.name, "use": "sig"}

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, self.algorithm, {"kid": self.name, **header})


class KeyServer:
    """Serves ``documents`` by their path, and notes what was asked for."""

    def __init__(self, folder: Path) -> None:
        self._signer = Signer(folder, "keys-ca")
        self.ca = self._signer.file.read_text()
        self.documents: dict[str, Any] = {}
        self.answer: Answer = self._write
        self.asked: list[str] = []
        self.received: list[tuple[str, bytes]] = []
        """Head and body of each request."""
        self.port = 0

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def serve(self, *keys: SigningKey) -> None:
        """Have these keys, and no others."""
        self.documents["/keys"] = {"keys": [key.jwk for key in keys]}
        self.documents["/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[KeyServer]:
        files = self._signer.files("keys")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.cert_file, files.key_file)
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ")[1].decode()
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.asked.append(path)
            self.received.append((head.decode(), body))
            await self.answer(writer, path)
        writer.close()

    async def _write(self, writer: asyncio.StreamWriter, path: str) -> None:
        found = self.documents.get(path)
        body = json.dumps(found).encode()
        status = b"404 Not Found" if found is None else b"200 OK"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
