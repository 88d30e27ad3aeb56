"""A GGUF model as a teacher: llama.cpp's server inside this process, spoken to like any other server."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.records import digest
from factory.teachers import Reply, Request
from factory.teachers.openai_chat import Compatible
from factory.teachers.rate_limiter import Rate

SLOTS = 8  # twice the requests in flight: each prompt's cached beginning finds a free slot that holds it
IN_FLIGHT = 4
DRAW_TEMPERATURE = 0.7  # draws must be able to differ, or the vote says nothing


class Local:
    """`find` gives the GGUF's path; it is called at the first request, so that a run answered by its ledger needs no model."""

    def __init__(self, find: Callable[[], Path], identity: str, context: int, temperature: float | None = None) -> None:
        self._find = find
        self.identity = identity
        self.sampling = {"temperature": DRAW_TEMPERATURE if temperature is None else temperature}
        self.context = context
        self.rate = Rate(IN_FLIGHT)
        self._client: _Seeded | None = None

    async def send(self, request: Request, key: str) -> Reply:
        """One request, sent once. Raises TeacherDown or Unusable."""
        self._client = self._client or self._serve()
        return await self._client.send(request, key)

    def size(self, request: Request) -> tuple[int, int]:
        return 0, 0  # it costs nothing, so nobody needs to know

    def cached(self, request: Request) -> str:
        return ""

    def _serve(self) -> "_Seeded":
        # llama.cpp's threads spin at each barrier; with anything else running they wait for a core, so let them sleep.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        try:
            import xllamacpp
        except ImportError as error:
            raise UserMistake('a "local/" teacher needs the package xllamacpp: pip install "docstill[local]"') from error
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


class _Seeded(Compatible):
    """llama.cpp takes a seed: draws differ from each other, and so does a request that must be asked again."""

    def __init__(self, model: str, base_url: str, temperature: float, rate: Rate) -> None:
        super().__init__(model, base_url, temperature=temperature, rate=rate)
        self._sent: Counter[str] = Counter()

    def extra(self, key: str) -> str:
        self._sent[key] += 1
        return f',"seed":{int(digest(key, self._sent[key])[:7], 16)},"cache_prompt":true'
