"""A GGUF through llama.cpp's own server, as its users run it: its template, its tokens, its answers, and its places in given ones."""

import http.client
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from factory.core.errors import UserMistake
from trainer.chat import Lesson
from trainer.export.agreement import Place

Messages = list[dict[str, str]]


class Served(NamedTuple):
    server: Any  # stops when it is forgotten
    line: http.client.HTTPConnection
    letter: list[list[float]] = []  # a bias

    def prompt_ids(self, messages: Messages) -> list[int]:
        """The file's own template and tokenizer, as for a chat completion."""
        return self.ids(self._post("/apply-template", {"messages": messages})["prompt"])

    def ids(self, text: str) -> list[int]:
        found: list[int] = self._post("/tokenize", {"content": text, "add_special": True, "parse_special": True})["tokens"]
        return found

    def says(self, messages: Messages, tokens: int) -> tuple[str, int, int]:
        """The greedy answer of a chat completion, its tokens, and those of the prompt as the server counts them."""
        found = self._post("/v1/chat/completions", {"messages": messages, "temperature": 0, "max_tokens": tokens})
        usage = found["usage"]
        return str(found["choices"][0]["message"]["content"]).strip(), usage["completion_tokens"], usage["prompt_tokens"]

    def goes_on(self, ids: list[int], tokens: int) -> tuple[str, int, int]:
        """The same behind a prompt that is given in tokens."""
        found = self._post("/completion", {"prompt": ids, "temperature": 0, "n_predict": tokens, "cache_prompt": True})
        return str(found["content"]).strip(), found["tokens_predicted"], found["tokens_evaluated"]

    def forced(self, lessons: Sequence[Lesson]) -> list[list[Place]]:
        return [self._places(one) for one in lessons]

    def _places(self, lesson: Lesson) -> list[Place]:
        """One request a place; the server keeps what it has read, so that each costs one token.

        Probabilities are of the logits before any bias; of half a letter it tells none, and so it is made to write a whole one.
        """
        first = len(lesson.input_ids) - sum(lesson.completion_mask)
        return [self._place(lesson.input_ids[:end]) for end in range(first, len(lesson.input_ids))]

    def _place(self, ids: list[int]) -> Place:
        asked = {"prompt": ids, "n_predict": 1, "n_probs": 2, "logit_bias": self.letter, "cache_prompt": True, "id_slot": 0}
        best, second = self._post("/completion", asked)["completion_probabilities"][0]["top_logprobs"]
        return Place(best["id"], best["logprob"], best["logprob"] - second["logprob"])

    def _post(self, path: str, asked: dict[str, object]) -> Any:  # noqa: ANN401 - JSON
        self.line.request("POST", path, json.dumps(asked), {"Content-Type": "application/json"})
        reply = self.line.getresponse()
        body = reply.read()
        if reply.status != http.HTTPStatus.OK:
            raise UserMistake(f"llama.cpp answers {path} with {reply.status}: {body.decode('utf-8', 'replace')[:200]}")
        return json.loads(body)


@contextmanager
def served(file: Path, context: int) -> Iterator[Served]:
    """Weights as in the file, keys and values in float32. Raises UserMistake where xllamacpp is not installed or can't load it."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # see factory.teachers.local
    try:
        import xllamacpp
    except ImportError as error:
        raise UserMistake('a GGUF is held against the student by llama.cpp: pip install "docstill[export]"') from error
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(file)
    wanted.n_ctx, wanted.n_parallel, wanted.verbosity = context, 1, 0
    # Two threads of a core share its arithmetic, and at every barrier all wait for the one that something else has put off.
    wanted.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
    wanted.cache_type_k = wanted.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    wanted.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    try:
        server = xllamacpp.Server(wanted)
    except RuntimeError as error:
        raise UserMistake(f"{file}: llama.cpp can't load it ({error})") from error
    line = http.client.HTTPConnection(urlsplit(server.listening_address).netloc, timeout=600)
    try:
        asked = Served(server, line)
        yield asked._replace(letter=[[asked.ids("a")[-1], 1000.0]])
    finally:
        line.close()
