"""A mock teacher that answers with whatever bytes a test says, usual or hostile, over a real socket."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any

Script = Callable[[int, socket.socket], None]  # the request's number from 1, and where to write


@dataclass
class MockTeacher:
    """`requests`: the head and the body of each, as they came."""

    url: str
    requests: list[tuple[str, str]] = field(default_factory=list)
    over: Event = field(default_factory=Event)


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = (f"HTTP/1.1 {status}", "content-type: application/json", *headers, f"content-length: {len(body)}")
    head = "".join(f"{line}\r\n" for line in lines)
    return head.encode() + b"\r\n" + body


def completion(message: dict[str, Any] | str, usage: object = None, ending: str = "stop", **more: object) -> bytes:
    """A chat completion's JSON."""
    said = {"role": "assistant", "content": message} if isinstance(message, str) else {"role": "assistant", **message}
    counts = {"prompt_tokens": 90, "completion_tokens": 20, "total_tokens": 110} if usage is None else usage
    reply = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "usage": counts}
    return json.dumps({**reply, "choices": [{"index": 0, "message": said, "finish_reason": ending}], **more}).encode()


def always(sent: bytes) -> Script:
    return lambda _, to: to.sendall(sent)


@contextmanager
def answering(script: Script) -> Iterator[MockTeacher]:
    """Each connection is served by a thread of its own, which ends with the connection or with the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    told = MockTeacher(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    threads: list[Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while head := _head(reader):
                    length = next((int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length")), 0)
                    told.requests.append((head, reader.read(length).decode()))
                    script(len(told.requests), connection)
            except OSError:
                return  # the other side has gone, as it may

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    accepting = Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield told
    finally:
        told.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)


def _head(reader: Any) -> str:  # noqa: ANN401 - a buffered reader of a socket
    lines = []
    while (line := reader.readline()) not in (b"", b"\r\n"):
        lines.append(line.decode("latin-1"))
    return "".join(lines)
