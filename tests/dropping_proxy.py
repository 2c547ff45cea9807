"""A proxy that lets a server do the work and then loses its answer."""

from __future__ import annotations

import itertools
import re
import socket
import struct
import threading
from contextlib import suppress

_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d+)")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:[ \t]*chunked")
_EXPECT = re.compile(rb"(?im)^expect:[ \t]*100-continue")


class DroppingProxy:
    """Forward HTTP/1.1; cut the connection instead of every ``every``-th answer to a write.

    The server has then done what it was asked, and the client cannot know.

    Attributes:
        dropped: How many answers were lost.
        heads: The head of each request, as it was sent.
    """

    def __init__(self, host: str, port: int, every: int) -> None:
        self._upstream = (host, port)
        self._every = every
        self._writes = itertools.count(1)
        self.dropped = 0
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            suppress(OSError, EOFError),
            socket.create_connection(self._upstream) as server,
        ):
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ours, theirs = _Reader(client), _Reader(server)
            while self._exchange(client, server, ours, theirs):
                pass

    def _exchange(
        self, client: socket.socket, server: socket.socket, ours: _Reader, theirs: _Reader
    ) -> bool:
        head = ours.head()
        self.heads.append(head)
        method = head.split(b" ", 1)[0]
        write = method in {b"PUT", b"POST"}
        drop = write and next(self._writes) % self._every == 0
        server.sendall(head)
        if _EXPECT.search(head):
            answer = theirs.head()
            client.sendall(answer)
            if b" 100 " not in answer.split(b"\r\n", 1)[0]:
                client.sendall(theirs.body(answer))
                return False
        server.sendall(ours.body(head))
        while True:
            answer = theirs.head()
            if b" 100 " not in answer.split(b"\r\n", 1)[0]:
                break
        empty = method == b"HEAD" or answer.split(b" ", 2)[1] in {b"204", b"304"}
        answer += b"" if empty else theirs.body(answer)
        if drop:
            self.dropped += 1
            # Linger 0: the client sees a reset, as when a load balancer dies.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        client.sendall(answer)
        return True


class _Reader:
    def __init__(self, source: socket.socket) -> None:
        self._source = source
        self._buffer = b""

    def head(self) -> bytes:
        return self._until(b"\r\n\r\n")

    def body(self, head: bytes) -> bytes:
        if length := _LENGTH.search(head):
            return self._exactly(int(length[1]))
        if not _CHUNKED.search(head):
            return b""
        parts = []
        while True:
            line = self._until(b"\r\n")
            size = int(line.split(b";")[0], 16)
            parts += [line, self._exactly(size + 2) if size else self._trailer()]
            if not size:
                return b"".join(parts)

    def _trailer(self) -> bytes:
        lines = []
        while not lines or lines[-1] != b"\r\n":
            lines.append(self._until(b"\r\n"))
        return b"".join(lines)

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found + mark

    def _exactly(self, count: int) -> bytes:
        parts, missing = [self._buffer[:count]], count - len(self._buffer)
        self._buffer = self._buffer[count:]
        while missing > 0:
            part = self._source.recv(min(missing, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _more(self) -> None:
        part = self._source.recv(1 << 16)
        if not part:
            raise EOFError
        self._buffer += part
