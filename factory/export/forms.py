"""A student's forms as they are handed on: what the trainer must make for each, and the cards, commands and parity beside it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from jinja2 import TemplateError

from factory.core.chat_template import renderer
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import FILES
from factory.core.run_folder import Run
from factory.export.base import Base
from factory.export.deploy import modelfile, quantise_script, vllm_adapter, vllm_merged
from factory.export.model_card import adapter_digest, model_card
from factory.export.ollama_template import go_template
from factory.export.parity import Asked, Parity, Tokens, chosen, faults, metric_of, scored
from factory.export.settings import ChatForm
from factory.models.gguf import metadata
from factory.models.student_template import KEY
from factory.reports.run_summary import read

FORMS = ("adapter", "merged", "gguf", "ollama", "vllm")
MOST = 100  # questions that are held against the reference: 1,000 to 3,000 answer tokens know a share of 99 % to half a point
SERVED = "student-f16.gguf"
QUESTIONS = "exports/questions.jsonl"
DECIDING = ("gold.jsonl", FILES["test"])


class Counted(Protocol):
    def model_dump(self) -> dict[str, object]: ...


class Shipped(Protocol):
    """What the trainer says of a form that it made."""

    @property
    def kind(self) -> str: ...
    @property
    def agreement(self) -> Counted: ...
    @property
    def reference(self) -> Path: ...
    @property
    def answers(self) -> Mapping[str, Path]: ...
    @property
    def stops(self) -> Sequence[str]: ...
    @property
    def note(self) -> str: ...


def made_of(form: str, base: Base) -> str:
    """What must be there before: Ollama serves the GGUF; vLLM the adapter, where it can load the base, else the merged model."""
    if form == "ollama":
        return "gguf"
    if form == "vllm":
        return "merged" if base.file or not base.on_hub else "adapter"
    return form


def missing(run: Run, form: str) -> bool:
    """Whether a form is not there yet, or is of an earlier adapter."""
    found = read(run, f"exports/{form}/parity.json", Parity)
    return found is None or found.adapter != adapter_digest(run)


def questions(run: Run) -> Asked:
    """Writes the rows that forms are held against the reference by; of a run that holds nothing out, rows that it trained on."""
    held = next((name for name in DECIDING if run.has(name) and run.lines(name)), None)
    name = held or FILES["train"]
    rows = chosen(run.lines(name), MOST)
    if not rows:
        raise UserMistake(f"{run.folder / name}: holds no rows to hold an export against the student by; run `docstill make` first")
    run.write_lines(QUESTIONS, rows)
    return Asked(
        questions=name,
        references={row["meta"]["id"]: row["messages"][-1]["content"] for row in rows},  # type: ignore[index]
        documents=tuple((row["meta"]["document"] or {}).get("digest", "") for row in rows),  # type: ignore[index]
        scored=held is not None,
    )


def hold(run: Run, recipe: Recipe, form: str, shipped: Shipped, asked: Asked) -> Parity:
    """Writes parity.json of "merged" or "gguf"; whether it holds is for the caller to say, when all is written."""
    metric = metric_of(recipe)
    by_kind = {kind: scored(asked, metric, shipped.reference, path, recipe.seed) for kind, path in shipped.answers.items() if asked.scored}
    tokens, score = Tokens.model_validate(shipped.agreement.model_dump()), by_kind.pop(shipped.kind, None)
    parity = Parity(
        form=form,
        kind=shipped.kind,
        adapter=adapter_digest(run),
        questions=asked.questions,
        n=len(asked.references),
        tokens=tokens,
        score=score,
        quantised=by_kind,
        stops=tuple(shipped.stops),
        note=shipped.note,
        faults=faults(tokens, score),
    )
    run.write(f"exports/{form}/parity.json", parity.model_dump_json(indent=1) + "\n")
    return parity


def parities(run: Run, sources: Sequence[str]) -> list[Parity]:
    return [found for one in sources if (found := read(run, f"exports/{one}/parity.json", Parity))]


def finish(run: Run, recipe: Recipe, base: Base, form: str) -> tuple[Path, str]:
    """Writes what stands beside the weights; the folder, and the command that uses it."""
    folder, source, length = run.folder / "exports" / form, made_of(form, base), recipe.student.max_seq_length
    parity = None if source == "adapter" else read(run, f"exports/{source}/parity.json", Parity)
    folder.mkdir(parents=True, exist_ok=True)
    if form == "merged":
        run.write("exports/merged/quantise.py", quantise_script(length))
    if form == source:
        run.write(f"exports/{form}/README.md", model_card(run, recipe, base, form, parity))
        return folder, _use(base, form)
    if form == "ollama":
        assert parity
        template = _for_ollama(run)
        told = modelfile(f"../gguf/{SERVED}", parity.stops, length, recipe.student.system, template)
        run.write("exports/ollama/Modelfile", told)
        return folder, "ollama create student -f FOLDER/Modelfile"
    command = vllm_merged("../merged", length) if source == "merged" else vllm_adapter(base.name, "../adapter", recipe.train.rank, length)
    run.write("exports/vllm/serve.sh", f'#!/usr/bin/env bash\nset -eu\ncd "$(dirname "$0")"\n{command}\n')
    return folder, "bash FOLDER/serve.sh"


def _for_ollama(run: Run) -> str:
    """Where training changed the base's template, which Ollama then no longer knows; empty where it can look it up."""
    form = read(run, "adapter/chat.json", ChatForm)
    file = run.folder / "exports" / "gguf" / SERVED
    if not form or not (form.folded or form.date) or not file.is_file():
        return ""
    try:
        return go_template(renderer(str(metadata(file, (KEY,)).get(KEY, ""))))
    except (OSError, ValueError, TemplateError):
        return ""


def _use(base: Base, form: str) -> str:
    return {
        "adapter": f"PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained({json.dumps(base.name)}"
        + (f", gguf_file={json.dumps(base.file)}" if base.file else "")
        + '), "FOLDER")',
        "merged": 'AutoModelForCausalLM.from_pretrained("FOLDER", dtype="auto")',
        "gguf": "llama-server -m FOLDER/student-f16.gguf --jinja --temp 0",
    }[form]
