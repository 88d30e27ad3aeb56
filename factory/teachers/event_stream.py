"""A reply that a server sent as a stream of events although it was asked for a whole one, put together again."""

import json
from collections.abc import Iterator

_BEGINNINGS = (b"data:", b"event:", b"id:", b"retry:", b":")  # of a line of server-sent events
_TEXTS = ("content", "reasoning_content", "reasoning")  # fields of a delta whose pieces follow each other


def is_stream(raw: bytes) -> bool:
    return raw.lstrip().startswith(_BEGINNINGS)


def whole(raw: bytes) -> bytes:
    """The chat completion, or the error, that the events of a stream tell. Raises ValueError where an event is no JSON object."""
    message: dict[str, object] = {"role": "assistant"}
    ending, usage = None, None
    for event in _events(raw):
        if event.get("error") or not isinstance(choices := event.get("choices", []), list):
            return json.dumps(event).encode()
        usage = event.get("usage") or usage
        for choice in choices[:1]:
            ending = choice.get("finish_reason") or ending
            _add(message, choice.get("delta") or choice.get("message") or {"content": choice.get("text")})
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": ending}], "usage": usage}).encode()


def _events(raw: bytes) -> Iterator[dict[str, object]]:
    for line in raw.split(b"\n"):
        field, _, value = line.partition(b":")
        if field.strip() == b"data" and (text := value.strip()) not in (b"", b"[DONE]"):
            event = json.loads(text)
            if not isinstance(event, dict):
                raise ValueError("an event that is no object")
            yield event


def _add(message: dict[str, object], delta: dict[str, object]) -> None:
    """Raises ValueError for pieces of a tool call, of which a reply asked for as a whole has none."""
    if delta.get("tool_calls"):
        raise ValueError("a tool call in pieces")
    for name in _TEXTS:
        if isinstance(piece := delta.get(name), str):
            message[name] = f"{message.get(name) or ''}{piece}"
