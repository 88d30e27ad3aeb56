"""A server that speaks chat completions, in this process: it answers by a script and keeps what it was sent."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Messages = list[dict[str, str]]


@dataclass
class ChatServer:
    """`script`: the text of an answer, or a status of an error; `cut`: it ends at its limit."""

    script: Callable[[Messages], str | int]
    cut: Callable[[Messages], bool] = lambda _: False
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def reply(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.bodies.append(body)
        said = self.script(body["messages"])
        if isinstance(said, int):
            return said, {"error": {"message": "not today", "type": "server_error"}}
        ending = "length" if self.cut(body["messages"]) else "stop"
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": ending}
        tokens = max(100, sum(len(str(one["content"]).split()) for one in body["messages"]))  # fewer would be a prompt that was cut
        usage = {"prompt_tokens": tokens, "completion_tokens": 10, "total_tokens": tokens + 10}
        return 200, {"id": "c1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


@contextmanager
def chatting(script: Callable[[Messages], str | int], cut: Callable[[Messages], bool] = lambda _: False) -> Iterator[ChatServer]:
    told = ChatServer(script, cut)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told.keys.append(self.headers["authorization"])
            status, reply = told.reply(body)
            sent = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
