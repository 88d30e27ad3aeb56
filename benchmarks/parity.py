"""What each form of a student costs beside the adapter on its 16-bit base: tokens that agree, score with its paired interval, size.

    python benchmarks/parity.py RUN [--out RESULT.json]

RUN was trained and holds questions with answers (gold.jsonl, else test.jsonl). Makes exports/merged and exports/gguf as `docstill export`
does (Q4_K_M where llama-quantize is on PATH), and beside them the adapter on the base in NF4, as it was trained: that is a cost, no form.
Prints one line a form: prompts of the same tokens, answer tokens that agree (teacher-forced, ties under 0.1 nat left out), nats apart,
the recipe's first metric before and after, their paired difference with its 95 % interval, the same answers, megabytes.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from peft import PeftModel  # noqa: E402

from factory.commands import open_run, say  # noqa: E402
from factory.core.recipe import Recipe  # noqa: E402
from factory.export.base import public_base  # noqa: E402
from factory.export.forms import PARITY_QUESTIONS, check_parity, write_parity_questions  # noqa: E402
from factory.export.parity import (  # noqa: E402
    Parity,
    ParityQuestions,
    ParityScore,
    TokenAgreement,
    metric_of,
    score_form,
)
from factory.models.files import find_known_model, resolve_gguf  # noqa: E402
from trainer import chat, progress, student  # noqa: E402
from trainer.export import whole  # noqa: E402
from trainer.export.forms import Order, room, ship  # noqa: E402

Line = tuple[str, TokenAgreement | None, ParityScore | None, float]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    run, recipe = open_run(given.run)
    base = recipe.student.base
    place = str(resolve_gguf(base, Path(), say)) if find_known_model(base) or base.endswith(".gguf") else base
    name = public_base(base, place).name
    asked = write_parity_questions(run)
    order = Order(run=run.folder, base=place, name=name, student=recipe.student, questions=run.folder / PARITY_QUESTIONS)
    lines: list[Line] = []
    with progress.heard_by(say):
        for form in ("merged", "gguf"):
            (shipped,) = ship(order, [form]).values()
            parity = check_parity(run, recipe, form, shipped, asked)
            lines += _told(_lines(parity, run.folder / "exports" / parity.form))
        with progress.quiet_libraries():
            lines += _told([nf4(order, recipe, asked)])
    if given.out:
        given.out.write_text(json.dumps([as_json(one) for one in lines], indent=1) + "\n", encoding="utf-8")


def _told(lines: list[Line]) -> list[Line]:
    """Each as it is known: the next form takes minutes."""
    for one in lines:
        print(told(one), flush=True)
    return lines


def _lines(parity: Parity, folder: Path) -> list[Line]:
    sizes = {kind: _megabytes(folder, kind if parity.form == "gguf" else "") for kind in (parity.kind, *parity.quantised)}
    head: Line = (f"{parity.form} {parity.kind}", parity.tokens, parity.score, sizes[parity.kind])
    return [head, *((f"{parity.form} {kind}", None, score, sizes[kind]) for kind, score in parity.quantised.items())]


def _megabytes(folder: Path, kind: str) -> float:
    files = folder.glob(f"*-{kind}.gguf") if kind else folder.glob("*.safetensors")
    return sum(file.stat().st_size for file in files) / 1e6


def nf4(order: Order, recipe: Recipe, asked: ParityQuestions) -> Line:
    """The adapter where it learnt: on the base in four bits."""
    folder = student.weights(order.base)
    dialogues = chat.read(order.questions)
    taken = whole.take(whole.unmerged(folder, order.run / "adapter"), dialogues, recipe.student.system)
    base = student.load(folder, quantized=True)
    beside = student.Student(cast(Any, PeftModel.from_pretrained(base.model, str(order.run / "adapter"))).eval(), base.tokenizer)
    reference = order.run / "answers" / "student.jsonl"
    written = [
        {"id": one.id, "response": says(beside, whole.prompt_of(lesson), most)}
        for one, lesson, most in zip(dialogues, taken.lessons, room(dialogues, reference), strict=True)
    ]
    path = order.run / "exports" / "answers" / "nf4.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in written), encoding="utf-8")
    tokens = TokenAgreement.model_validate(whole.held(beside, taken, recipe.student.system).model_dump())
    score = score_form(asked, metric_of(recipe), reference, path, recipe.seed) if asked.scored else None
    return "adapter on the base in NF4", tokens, score, (order.run / "adapter" / "adapter_model.safetensors").stat().st_size / 1e6


def says(asked: student.Student, ids: list[int], most: int) -> str:
    import torch

    model: Any = asked.model
    stops = whole.stops(model, asked.tokenizer)
    with torch.inference_mode():
        found = model.generate(
            input_ids=torch.tensor([ids], device=model.device),
            attention_mask=torch.ones((1, len(ids)), dtype=torch.long, device=model.device),
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=most,
            eos_token_id=stops,
            pad_token_id=stops[0],
        )
    return str(asked.tokenizer.decode(found[0, len(ids) :], skip_special_tokens=True, clean_up_tokenization_spaces=False)).strip()


def told(line: Line) -> str:
    name, tokens, score, size = line
    forced = ""
    if tokens:
        forced = f"{tokens.same_prompts}/{tokens.prompts} prompts, {tokens.share:.2%} of {tokens.tokens - tokens.ties} tokens, "
        forced += f"{tokens.drift:.4f} nats apart; "
    return f"{name}: {forced}{f'{score.told}, {score.same_answers} answers the same; ' if score else ''}{size:.1f} MB"


def as_json(line: Line) -> dict[str, object]:
    name, tokens, score, size = line
    return {
        "form": name,
        "tokens": tokens and {**tokens.model_dump(), "share": round(tokens.share, 6)},
        "score": score and score.model_dump(),
        "megabytes": round(size, 1),
    }


if __name__ == "__main__":
    main()
