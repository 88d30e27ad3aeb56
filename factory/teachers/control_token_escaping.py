"""Break up control tokens in requests, such as <|im_end|>, and restore them in replies.

A server that reads the whole chat as one text would obey them.
"""

from dataclasses import replace

from factory.core.control_tokens import CONTROL, break_control_tokens, restore_control_tokens
from factory.teachers import Reply, Request


def escape_request(request: Request) -> Request:
    """Break up the control tokens in a request, whose key in the ledger stays the same."""
    if not any(map(CONTROL.search, _texts(request))):
        return request
    return replace(
        request,
        system=break_control_tokens(request.system),
        user=break_control_tokens(request.user),
        before=tuple(map(break_control_tokens, request.before)),
        prefix=len(break_control_tokens(request.user[: request.prefix])),
    )


def restore_reply(reply: Reply, request: Request) -> Reply:
    """Restore the control tokens that a reply quotes, so that its evidence is found."""
    texts = _texts(request)
    if not any(map(CONTROL.search, texts)):
        return reply
    written = reply.value.model_dump_json(by_alias=True)
    return replace(
        reply, value=type(reply.value).model_validate_json(restore_control_tokens(written, texts))
    )


def _texts(request: Request) -> tuple[str, ...]:
    return (request.system, request.user, *request.before)
