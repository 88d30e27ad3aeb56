"""Self-generated replay: general prompts in, what the base says to them before it learns anything out: RUN/replay_answers.jsonl."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from trainer import chat, greedy, lines, progress, student

ROOM = 256  # tokens of an answer: a function or a paragraph; a longer one is torn off there, and is not learnt
FILE = "replay_answers.jsonl"
WINDOW = 16  # prompts that batches are cut from: asked for more, the first ones stay in the batches that they were answered in


class Written(lines.Line):
    """One line; ended: by the model itself, else the answer is torn. `of`: base and prompt."""

    response: str
    tokens: int
    ended: bool


class Prompt(NamedTuple):
    id: str
    of: str
    ids: list[int]


def answer_prompts(run: Path, prompts: Sequence[chat.Dialogue], base: str, system: str | None = None) -> Path:
    """Answers each greedily and returns the file; asks only what it doesn't yet hold. Raises UserMistake where the base can't be loaded."""
    with progress.quiet_libraries():
        path = run / FILE
        of = {one.id: lines.mark(base, one.prompt(system), ROOM) for one in prompts}
        found = lines.left_by(path, Written, of)
        if len(found) < len(of):
            asked = student.load_for_answers(student.weights(base), None)
            open_ = [Prompt(one.id, of[one.id], chat.asked_ids(one.prompt(system), asked.tokenizer)) for one in prompts]
            found = lines.fill(path, found, _batches(open_), lambda batch: _written(asked, batch))
        lines.rewrite(path, [found[key] for key in of])
    return path


def _batches(prompts: Sequence[Prompt]) -> list[list[Prompt]]:
    windows = [prompts[start : start + WINDOW] for start in range(0, len(prompts), WINDOW)]
    return [[window[place] for place in batch] for window in windows for batch in greedy.batches([len(p.ids) + ROOM for p in window])]


def _written(asked: student.Student, batch: Sequence[Prompt]) -> Iterator[Written]:
    for one, said in zip(batch, greedy.write(asked, [one.ids for one in batch], [ROOM] * len(batch)), strict=True):
        yield Written(id=one.id, response=said.text, tokens=said.tokens, ended=said.ended, of=one.of)
