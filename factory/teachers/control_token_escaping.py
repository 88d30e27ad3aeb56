"""Requests whose texts hold control tokens, such as <|im_end|>: broken up for a server that would obey them, and mended in the reply."""

from dataclasses import replace

from factory.core.control_tokens import CONTROL, broken_up, mended
from factory.teachers import Reply, Request


def as_words(request: Request) -> Request:
    """The same request where its texts hold none; the ledger's key is of the request as it was."""
    if not any(map(CONTROL.search, _texts(request))):
        return request
    return replace(
        request,
        system=broken_up(request.system),
        user=broken_up(request.user),
        before=tuple(map(broken_up, request.before)),
        prefix=len(broken_up(request.user[: request.prefix])),
    )


def restored(reply: Reply, request: Request) -> Reply:
    """What the reply quotes of the request reads as it stands there, so that evidence is found."""
    texts = _texts(request)
    if not any(map(CONTROL.search, texts)):
        return reply
    written = reply.value.model_dump_json(by_alias=True)
    return replace(reply, value=type(reply.value).model_validate_json(mended(written, texts)))


def _texts(request: Request) -> tuple[str, ...]:
    return (request.system, request.user, *request.before)
