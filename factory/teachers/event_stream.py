"""Reassemble a reply that a server streamed although a whole one was asked for."""

import json
from collections.abc import Iterator

_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")  # of a line of server-sent events
# Fields of a delta to be concatenated.
_TEXTS = ("content", "reasoning_content", "reasoning")


def is_stream(raw: bytes) -> bool:
    return raw.lstrip().startswith(_BEGINNINGS)


def assemble_stream(raw: bytes) -> bytes:
    """Assemble the chat completion, or the error, from the events of a stream.

    Raises ValueError if an event is not a JSON object.
    """
    message: dict[str, object] = {"role": "assistant"}
    ending, usage = None, None
    for event in _events(raw):
        if event.get("error") or not isinstance(choices := event.get("choices", []), list):
            return json.dumps(event).encode()
        usage = event.get("usage") or usage
        for choice in choices[:1]:
            ending = choice.get("finish_reason") or ending
            _add(
                message,
                choice.get("delta") or choice.get("message") or {"content": choice.get("text")},
            )
    return json.dumps(
        {"choices": [{"index": 0, "message": message, "finish_reason": ending}], "usage": usage}
    ).encode()


def _events(raw: bytes) -> Iterator[dict[str, object]]:
    for line in raw.split(b"\n"):
        field, _, value = line.partition(b":")
        if field.strip() == b"data" and (text := value.strip()) not in (b"", b"[DONE]"):
            event = json.loads(text)
            if not isinstance(event, dict):
                raise ValueError("an event that is no object")
            yield event


def _add(message: dict[str, object], delta: dict[str, object]) -> None:
    """Add a delta to the message. Raises ValueError for a tool call in pieces."""
    if delta.get("tool_calls"):
        raise ValueError("a tool call in pieces")
    for name in _TEXTS:
        if isinstance(piece := delta.get(name), str):
            message[name] = f"{message.get(name) or ''}{piece}"
