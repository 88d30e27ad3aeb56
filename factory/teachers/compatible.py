"""Any OpenAI-compatible server as a teacher, through the openai SDK and instructor; retries of both are off."""

import logging
import os
from typing import Any

import instructor
import openai
from instructor.core import IncompleteOutputException, InstructorRetryException
from pydantic import ValidationError

from factory.errors import TeacherDown, TeacherFailed, Unusable
from factory.teachers import Reply, Request

logging.getLogger("instructor").setLevel(logging.CRITICAL)  # failures are typed here and told once

TIMEOUT = openai.Timeout(120, connect=10)  # seconds; a long reply of a busy server takes a minute
KEY = "COMPATIBLE_API_KEY"  # environment variable; most servers of one's own need none


class Compatible:
    """A server's model behind one call."""

    def __init__(self, model: str, base_url: str, identity: str | None = None, temperature: float | None = None) -> None:
        self.model = model
        self.base_url = base_url
        self.identity = identity or model
        self.temperature = temperature
        self.in_flight = 64
        self._sdk = openai.AsyncOpenAI(base_url=base_url, api_key=os.environ.get(KEY) or "none", max_retries=0, timeout=TIMEOUT)
        self._client = instructor.from_openai(self._sdk, mode=instructor.Mode.JSON_SCHEMA)

    async def send(self, request: Request, key: str) -> Reply:
        """One request, sent once. Raises TeacherDown or Unusable."""
        sampling: dict[str, Any] = {} if self.temperature is None else {"temperature": self.temperature}
        try:
            value, completion = await self._client.chat.completions.create_with_completion(
                model=self.model,
                messages=[{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
                response_model=request.shape,
                max_retries=0,
                max_tokens=request.max_tokens,
                extra_headers={"Idempotency-Key": key},
                extra_body=self.extra(key),
                **sampling,
            )
        except (InstructorRetryException, IncompleteOutputException, openai.OpenAIError) as error:
            raise _typed(error, self.base_url) from error
        usage = completion.usage
        return Reply(value, usage.prompt_tokens if usage else 0, usage.completion_tokens if usage else 0)

    def extra(self, key: str) -> dict[str, int]:
        """Fields beyond OpenAI's own that the server is sent."""
        return {}

    async def close(self) -> None:
        await self._sdk.close()


def _typed(error: Exception, base_url: str) -> TeacherFailed:
    """What a failed call means: the server's fault, or the request's."""
    usage = getattr(getattr(error, "last_completion", None), "usage", None)
    tokens = (getattr(usage, "prompt_tokens", 0) or 0, getattr(usage, "completion_tokens", 0) or 0)
    cause = error.__cause__ if isinstance(error, InstructorRetryException) else error
    if isinstance(error, IncompleteOutputException) or isinstance(cause, IncompleteOutputException):
        return Unusable("the reply was cut off at its token limit", *tokens)
    if isinstance(cause, ValidationError):
        return Unusable(f"the reply does not fit the shape asked for ({_short(cause)})", *tokens)
    if isinstance(cause, openai.APITimeoutError):
        return TeacherDown(f"{base_url} did not answer in time")
    if isinstance(cause, openai.APIConnectionError):
        return TeacherDown(f"{base_url} can't be reached; is the server running, and is teachers.0.base_url right?")
    if isinstance(cause, openai.APIStatusError):
        return _by_status(cause, base_url)
    return TeacherDown(f"{base_url} sent a reply that is not a chat completion ({type(cause).__name__})")


def _by_status(error: openai.APIStatusError, base_url: str) -> TeacherFailed:
    if error.status_code in (400, 413, 422) or "model produced output" in error.message:  # the latter is llama.cpp's 500
        return Unusable(f"the server refused the request ({error.status_code}: {error.message[:200]})")
    return TeacherDown(f"{base_url} answered {error.status_code}: {error.message[:200]}")


def _short(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(p) for p in first['loc']) or 'JSON'}: {first['msg']}"
