"""What an error of a server means, whether it comes with a status of its own or inside a reply of status 200."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from factory.core.errors import Fault, TeacherDown, TeacherFailed, Unusable
from factory.core.redaction import Keys, scrub_error
from factory.teachers.http import Answered

WORDS = 200  # characters of a server's own words in a message
UNKNOWN = 500  # the status of an error that tells none
# Codes and types by which servers name an error that comes without a status.
STATUSES = (
    (402, re.compile(r"insufficient|credit|quota|billing|payment|balance", re.IGNORECASE)),
    (429, re.compile(r"rate.?limit|too.?many|throttl|resource.?exhausted", re.IGNORECASE)),
    (401, re.compile(r"authenti|api.?key|unauthori[sz]ed", re.IGNORECASE)),
    (403, re.compile(r"permission|forbidden", re.IGNORECASE)),
    (404, re.compile(r"not.?found|no such model|does not exist", re.IGNORECASE)),
    (529, re.compile(r"overload|unavailable|capacity|timeout|timed out", re.IGNORECASE)),
    (400, re.compile(r"invalid.?request|context.?length|unsupported|moderation|content.?filter", re.IGNORECASE)),
)
# What some providers answer 400 for although no other request would fare better: Gemini without its key, Anthropic without credit.
NOT_THE_REQUEST = (
    (401, re.compile(r"api.?key (?:is )?(?:not valid|invalid|expired|not found)|invalid api.?key|invalid_api_key", re.IGNORECASE)),
    (402, re.compile(r"credit balance is too low|insufficient (?:credit|balance|funds|quota)|billing hard limit", re.IGNORECASE)),
)
# What a user can do about a refused request, by the server's words.
REMEDIES = (
    (re.compile(r"temperature", re.IGNORECASE), "leave the teacher's temperature unset"),
    (
        re.compile(r"context.?(length|size|window)|too (long|large|many tokens)|maximum.{0,20}tokens", re.IGNORECASE),
        "set the teacher's context to the tokens that the server takes, or chunks.tokens to less",
    ),
    (
        re.compile(r"response_format|json_schema|json_validate|guided|grammar|structured", re.IGNORECASE),
        'set structured = "text" for this teacher',
    ),
    (re.compile(r"tool", re.IGNORECASE), 'set structured = "text" for this teacher'),
)


def by_status(answered: Answered, url: str, keys: Keys | None = None) -> TeacherFailed:
    """What a refused call means: the request's fault, the user's, or the server's."""
    status, said = answered.status, _words(answered.body, keys)
    if status == 400 and (meant := next((n for n, words in NOT_THE_REQUEST if words.search(said)), 0)):
        status = meant
    if status in (400, 413, 422) or "model produced output" in said:  # the latter is llama.cpp's 500
        return _refused(status, said)
    told = f"{url} answered {status}: {said}"
    if 300 <= status < 400:
        return TeacherDown(f"{told}; the address has moved, set base_url to the new one", "not found")
    if status in (401, 403):
        return TeacherDown(f"{told}; the key in the environment must be one that this server accepts", "key refused")
    if status in (404, 405):
        return TeacherDown(f"{told}; the teacher's model and base_url must name a model that the server has", "not found")
    if status == 402 or (status == 429 and "insufficient_quota" in said):
        return TeacherDown(f"{told}; the account has no credit left", "no quota")
    return TeacherDown(told, "rate limited" if status == 429 else "server error", answered.headers)


def _refused(status: int, said: str) -> Unusable:
    filtered = any(words in said for words in ("content_filter", "content management"))
    kind: Fault = "content filter" if filtered else "refused request"
    remedy = "" if filtered else next((f"; {what}" for words, what in REMEDIES if words.search(said)), "")
    return Unusable(f"the server refused the request ({status}: {said}){remedy}", kind=kind)


def error_within(answered: Answered, body: Mapping[str, object]) -> Answered | None:
    """The error that a reply of status 200 holds in place of an answer, as it would have been with a status of its own."""
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    if error := first.get("error"):
        return _as_status(answered, error)
    if first.get("finish_reason") == "error":
        return _as_status(answered, body.get("error") or "the provider ended its reply with an error")
    if choices or body.get("content"):
        return None
    if error := body.get("error") or (body.get("type") == "error" and "no words"):
        return _as_status(answered, error)
    if isinstance(body.get("message"), dict):  # an answer in a protocol of the server's own, such as Ollama's
        return None
    words = next((body[name] for name in ("message", "msg", "detail", "error_message", "errors") if body.get(name)), None)
    return _as_status(answered, {"message": words, "code": body.get("code") or body.get("status")}) if words else None


def _as_status(answered: Answered, error: object) -> Answered:
    return replace(answered, status=_status(error), body=json.dumps({"error": error}, default=str).encode())


def _status(error: object) -> int:
    """An HTTP status that the error names as a number, or by a word."""
    told = error if isinstance(error, dict) else {"message": error}
    for name in ("code", "status", "status_code", "http_status"):
        number = str(told.get(name, ""))
        if re.fullmatch(r"[345]\d\d", number):
            return int(number)
    for names in (("code", "type", "status"), ("message",)):
        words = " ".join(str(told.get(name) or "") for name in names)
        if found := next((status for status, pattern in STATUSES if pattern.search(words)), None):
            return found
    return UNKNOWN


def _words(body: bytes, keys: Keys | None) -> str:
    """The server's own words, with its code, and without any key."""
    text = body.decode(errors="replace")
    with suppress(ValueError, RecursionError):
        text = _sentence(json.loads(text)) or text
    text = text.encode(errors="replace").decode()  # half a surrogate pair can be printed nowhere
    printable = "".join(c if c.isprintable() else " " for c in text[: 20 * WORDS])
    return " ".join(scrub_error(printable, keys).split())[:WORDS]


def _sentence(body: object) -> str:
    """The words in the JSON of an error, with its code: OpenAI's form, a list of it (Gemini), none around it (vLLM), `detail` (FastAPI)."""
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
