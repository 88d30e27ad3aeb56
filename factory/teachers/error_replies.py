"""Interpret a server's errors, whether they have their own status or are inside a 200 reply."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from factory.core.errors import TeacherDown, TeacherFailed, Unusable, UnusableKind
from factory.core.redaction import Keys, scrub_error
from factory.teachers.http import HTTPReply

MAX_MESSAGE = 200  # characters quoted from a server's message
UNKNOWN_STATUS = 500  # for an error without a status
# Words of codes and types in errors that come without a status.
STATUSES = (
    (402, re.compile(r"insufficient|credit|quota|billing|payment|balance", re.IGNORECASE)),
    (429, re.compile(r"rate.?limit|too.?many|throttl|resource.?exhausted", re.IGNORECASE)),
    (401, re.compile(r"authenti|api.?key|unauthori[sz]ed", re.IGNORECASE)),
    (403, re.compile(r"permission|forbidden", re.IGNORECASE)),
    (404, re.compile(r"not.?found|no such model|does not exist", re.IGNORECASE)),
    (529, re.compile(r"overload|unavailable|capacity|timeout|timed out", re.IGNORECASE)),
    (
        400,
        re.compile(
            r"invalid.?request|context.?length|unsupported|moderation|content.?filter",
            re.IGNORECASE,
        ),
    ),
)
# Some providers answer 400 although the request is fine: Gemini for a bad key, Anthropic without
# credit.
NOT_THE_REQUEST = (
    (
        401,
        re.compile(
            r"api.?key (?:is )?(?:not valid|invalid|expired|not found)|invalid api.?key"
            r"|invalid_api_key",
            re.IGNORECASE,
        ),
    ),
    (
        402,
        re.compile(
            r"credit balance is too low|insufficient (?:credit|balance|funds|quota)"
            r"|billing hard limit",
            re.IGNORECASE,
        ),
    ),
)
# Advice on a refused request, by the server's words.
REMEDIES = (
    (re.compile(r"temperature", re.IGNORECASE), "leave the teacher's temperature unset"),
    (
        re.compile(
            r"context.?(length|size|window)|too (long|large|many tokens)|maximum.{0,20}tokens",
            re.IGNORECASE,
        ),
        "set the teacher's context to the tokens that the server takes, or chunks.tokens to less",
    ),
    (
        re.compile(
            r"response_format|json_schema|json_validate|guided|grammar|structured", re.IGNORECASE
        ),
        'set structured = "text" for this teacher',
    ),
    (re.compile(r"tool", re.IGNORECASE), 'set structured = "text" for this teacher'),
)


def error_of_reply(answered: HTTPReply, url: str, keys: Keys | None = None) -> TeacherFailed:
    """Return the error that an HTTP error reply means."""
    status, words = answered.status, _words(answered.body, keys)
    if status == 400 and (
        meant := next((n for n, pattern in NOT_THE_REQUEST if pattern.search(words)), 0)
    ):
        status = meant
    # llama.cpp answers the latter with 500.
    if status in (400, 413, 422) or "model produced output" in words:
        return _refused(status, words)
    sentence = f"{url} answered {status}: {words}"
    if 300 <= status < 400:
        return TeacherDown(
            f"{sentence}; the address has moved, set base_url to the new one", "not found"
        )
    if status in (401, 403):
        return TeacherDown(
            f"{sentence}; the key in the environment must be one that this server accepts",
            "key refused",
        )
    if status in (404, 405):
        return TeacherDown(
            f"{sentence}; the teacher's model and base_url must name a model that the server has",
            "not found",
        )
    if status == 402 or (status == 429 and "insufficient_quota" in words):
        return TeacherDown(f"{sentence}; the account has no credit left", "no quota")
    return TeacherDown(
        sentence, "rate limited" if status == 429 else "server error", answered.headers
    )


def _refused(status: int, words: str) -> Unusable:
    filtered = any(mark in words for mark in ("content_filter", "content management"))
    kind: UnusableKind = "content filter" if filtered else "refused request"
    remedy = (
        ""
        if filtered
        else next((f"; {what}" for pattern, what in REMEDIES if pattern.search(words)), "")
    )
    return Unusable(f"the server refused the request ({status}: {words}){remedy}", kind=kind)


def embedded_error(answered: HTTPReply, body: Mapping[str, object]) -> HTTPReply | None:
    """Return the error inside a reply of status 200 as a reply with its own status.

    Returns None if the reply holds no error.
    """
    choices = body.get("choices")
    first = (
        choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    )
    if error := first.get("error"):
        return _as_status(answered, error)
    if first.get("finish_reason") == "error":
        return _as_status(
            answered, body.get("error") or "the provider ended its reply with an error"
        )
    if choices or body.get("content"):
        return None
    if error := body.get("error") or (body.get("type") == "error" and "no words"):
        return _as_status(answered, error)
    # An answer in the server's own protocol, such as Ollama's.
    if isinstance(body.get("message"), dict):
        return None
    words = next(
        (
            body[name]
            for name in ("message", "msg", "detail", "error_message", "errors")
            if body.get(name)
        ),
        None,
    )
    return (
        _as_status(answered, {"message": words, "code": body.get("code") or body.get("status")})
        if words
        else None
    )


def _as_status(answered: HTTPReply, error: object) -> HTTPReply:
    return replace(
        answered, status=_status(error), body=json.dumps({"error": error}, default=str).encode()
    )


def _status(error: object) -> int:
    """Return the HTTP status that the error names as a number or in words."""
    fields = error if isinstance(error, dict) else {"message": error}
    for name in ("code", "status", "status_code", "http_status"):
        number = str(fields.get(name, ""))
        if re.fullmatch(r"[345]\d\d", number):
            return int(number)
    for names in (("code", "type", "status"), ("message",)):
        words = " ".join(str(fields.get(name) or "") for name in names)
        if found := next((status for status, pattern in STATUSES if pattern.search(words)), None):
            return found
    return UNKNOWN_STATUS


def _words(body: bytes, keys: Keys | None) -> str:
    """Return the server's message with its code and without any key."""
    text = body.decode(errors="replace")
    with suppress(ValueError, RecursionError):
        text = _sentence(json.loads(text)) or text
    text = text.encode(errors="replace").decode()  # half a surrogate pair can't be printed
    printable = "".join(c if c.isprintable() else " " for c in text[: 20 * MAX_MESSAGE])
    return " ".join(scrub_error(printable, keys).split())[:MAX_MESSAGE]


def _sentence(body: object) -> str:
    """Return the message in an error's JSON, with its code.

    It takes OpenAI's form, a list of it (Gemini), the bare error (vLLM) and `detail` (FastAPI).
    """
    if isinstance(body, list):
        return _sentence(body[0]) if body and isinstance(body[0], dict) else ""
    if not isinstance(body, dict):
        return ""
    error = body.get("error") or body.get("errors") or body
    error = error[0] if isinstance(error, list) and error else error
    if not isinstance(error, dict):
        return str(error)
    words = error.get("message") or error.get("msg") or error.get("detail")
    code = error.get("code") or error.get("type") or ""
    return f"{words}{f' [{code}]' if code else ''}" if words else ""
