"""Run a GGUF model as a teacher, by llama.cpp's server inside this process."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.records import digest
from factory.teachers import Reply, Request
from factory.teachers.openai_chat import CompatibleTeacher
from factory.teachers.rate_limiter import RateLimiter

SLOTS = 8  # twice the requests in flight, so that a free slot holds each prompt's cached beginning
IN_FLIGHT = 4
DRAW_TEMPERATURE = 0.7  # draws must be able to differ, or their vote means nothing


class LlamaCppTeacher:
    """A teacher that runs on this machine.

    `find` returns the path of the GGUF file. It is called at the first request, so that a run that
    its ledger answers needs no model.
    """

    def __init__(
        self,
        find: Callable[[], Path],
        identity: str,
        context: int,
        temperature: float | None = None,
    ) -> None:
        self._find = find
        self.identity = identity
        self.sampling = {"temperature": DRAW_TEMPERATURE if temperature is None else temperature}
        self.context = context
        self.rate = RateLimiter(IN_FLIGHT)
        self._client: _Seeded | None = None

    async def send(self, request: Request, key: str) -> Reply:
        """Send a request once. Raises TeacherDown or Unusable."""
        self._client = self._client or self._serve()
        return await self._client.send(request, key)

    def size(self, request: Request) -> tuple[int, int]:
        return 0, 0  # it is free, so the size is not needed

    def cached(self, request: Request) -> str:
        return ""

    def _serve(self) -> "_Seeded":
        # llama.cpp's threads spin at barriers; on a busy machine that costs cores, so let them
        # sleep.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            import xllamacpp
        except ImportError as error:
            raise UserMistake(
                'a "local/" teacher needs the package xllamacpp: pip install "docstill[local]"'
            ) from error
        params = xllamacpp.CommonParams()
        params.model.path = str(self._find())
        params.n_ctx = self.context * SLOTS
        params.n_parallel = SLOTS
        params.verbosity = 0
        params.cpuparams.n_threads = os.cpu_count() or 1
        self._server = xllamacpp.Server(params)
        address = f"{self._server.listening_address}/v1"
        return _Seeded("local", address, temperature=self.sampling["temperature"], rate=self.rate)

    async def close(self) -> None:
        if self._client:
            await self._client.close()
            self._client = None
            del self._server


class _Seeded(CompatibleTeacher):
    """llama.cpp with a seed per send, so that draws and repeated requests differ."""

    def __init__(self, model: str, base_url: str, temperature: float, rate: RateLimiter) -> None:
        super().__init__(model, base_url, temperature=temperature, rate=rate)
        self._sent: Counter[str] = Counter()

    def extra(self, key: str) -> str:
        self._sent[key] += 1
        return f',"seed":{int(digest(key, self._sent[key])[:7], 16)},"cache_prompt":true'
