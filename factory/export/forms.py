"""Export a student as adapter, merged model or GGUF, with model card, command and parity check."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from jinja2 import TemplateError

from factory.core.chat_template import renderer
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import SPLIT_FILES
from factory.core.run_folder import Run
from factory.export.base import PublicBase
from factory.export.deploy import modelfile, quantise_script, vllm_adapter, vllm_merged
from factory.export.model_card import adapter_digest, model_card
from factory.export.ollama_template import go_template
from factory.export.parity import (
    Parity,
    ParityQuestions,
    TokenAgreement,
    evenly_spaced,
    metric_of,
    parity_faults,
    score_form,
)
from factory.export.settings import ChatForm
from factory.models.gguf import read_gguf_metadata
from factory.models.student_template import CHAT_TEMPLATE_KEY
from factory.reports.run_summary import read_optional

FORMS = ("adapter", "merged", "gguf", "ollama", "vllm")
MAX_QUESTIONS = 100  # for parity: 1,000 to 3,000 answer tokens measure 99 % to half a point
SERVED = "student-f16.gguf"
PARITY_QUESTIONS = "exports/questions.jsonl"
DECIDING_FILES = ("gold.jsonl", SPLIT_FILES["test"])


class AgreementCounts(Protocol):
    def model_dump(self) -> dict[str, object]: ...


class ExportedForm(Protocol):
    """The trainer's result for a form that it exported."""

    @property
    def kind(self) -> str: ...
    @property
    def agreement(self) -> AgreementCounts: ...
    @property
    def reference(self) -> Path: ...
    @property
    def answers(self) -> Mapping[str, Path]: ...
    @property
    def stops(self) -> Sequence[str]: ...
    @property
    def note(self) -> str: ...


def source_form(form: str, base: PublicBase) -> str:
    """Return the form that must exist first.

    Ollama serves the GGUF. vLLM serves the adapter if it can load the base, else the merged model.
    """
    if form == "ollama":
        return "gguf"
    if form == "vllm":
        return "merged" if base.file or not base.on_hub else "adapter"
    return form


def needs_export(run: Run, form: str) -> bool:
    """Check whether a form is missing or was made from an earlier adapter."""
    found = read_optional(run, f"exports/{form}/parity.json", Parity)
    return found is None or found.adapter != adapter_digest(run)


def write_parity_questions(run: Run) -> ParityQuestions:
    """Write the questions for the parity check; training rows if the run holds nothing out."""
    held_out = next((name for name in DECIDING_FILES if run.has(name) and run.lines(name)), None)
    name = held_out or SPLIT_FILES["train"]
    rows = evenly_spaced(run.lines(name), MAX_QUESTIONS)
    if not rows:
        raise UserMistake(
            f"{run.folder / name}: has no rows to check an export with; run `docstill make` first"
        )
    run.write_lines(PARITY_QUESTIONS, rows)
    return ParityQuestions(
        questions=name,
        references={row["meta"]["id"]: row["messages"][-1]["content"] for row in rows},  # type: ignore[index]
        documents=tuple((row["meta"]["document"] or {}).get("digest", "") for row in rows),  # type: ignore[index]
        scored=held_out is not None,
    )


def check_parity(
    run: Run, recipe: Recipe, form: str, shipped: ExportedForm, asked: ParityQuestions
) -> Parity:
    """Write parity.json of "merged" or "gguf".

    The caller raises its faults once everything is written.
    """
    metric = metric_of(recipe)
    by_kind = {
        kind: score_form(asked, metric, shipped.reference, path, recipe.seed)
        for kind, path in shipped.answers.items()
        if asked.scored
    }
    tokens, score = (
        TokenAgreement.model_validate(shipped.agreement.model_dump()),
        by_kind.pop(shipped.kind, None),
    )
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
        faults=parity_faults(tokens, score),
    )
    run.write(f"exports/{form}/parity.json", parity.model_dump_json(indent=1) + "\n")
    return parity


def parities(run: Run, sources: Sequence[str]) -> list[Parity]:
    return [
        found
        for one in sources
        if (found := read_optional(run, f"exports/{one}/parity.json", Parity))
    ]


def write_form_files(run: Run, recipe: Recipe, base: PublicBase, form: str) -> tuple[Path, str]:
    """Write the files around the weights; return the folder and the command that uses it."""
    folder, source, length = (
        run.folder / "exports" / form,
        source_form(form, base),
        recipe.student.max_seq_length,
    )
    parity = (
        None if source == "adapter" else read_optional(run, f"exports/{source}/parity.json", Parity)
    )
    folder.mkdir(parents=True, exist_ok=True)
    if form == "merged":
        run.write("exports/merged/quantise.py", quantise_script(length))
    if form == source:
        run.write(f"exports/{form}/README.md", model_card(run, recipe, base, form, parity))
        return folder, _use(base, form)
    if form == "ollama":
        assert parity
        template = _for_ollama(run)
        content = modelfile(
            f"../gguf/{SERVED}", parity.stops, length, recipe.student.system, template
        )
        run.write("exports/ollama/Modelfile", content)
        return folder, "ollama create student -f FOLDER/Modelfile"
    command = (
        vllm_merged("../merged", length)
        if source == "merged"
        else vllm_adapter(base.name, "../adapter", recipe.train.rank, length)
    )
    run.write(
        "exports/vllm/serve.sh", f'#!/usr/bin/env bash\nset -eu\ncd "$(dirname "$0")"\n{command}\n'
    )
    return folder, "bash FOLDER/serve.sh"


def _for_ollama(run: Run) -> str:
    """Return the template if training changed it, as Ollama then can't look it up; else ""."""
    form = read_optional(run, "adapter/chat.json", ChatForm)
    file = run.folder / "exports" / "gguf" / SERVED
    if not form or not (form.folded or form.date) or not file.is_file():
        return ""
    try:
        return go_template(
            renderer(str(read_gguf_metadata(file, (CHAT_TEMPLATE_KEY,)).get(CHAT_TEMPLATE_KEY, "")))
        )
    except (OSError, ValueError, TemplateError):
        return ""


def _use(base: PublicBase, form: str) -> str:
    return {
        "adapter": "PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("
        + json.dumps(base.name)
        + (f", gguf_file={json.dumps(base.file)}" if base.file else "")
        + '), "FOLDER")',
        "merged": 'AutoModelForCausalLM.from_pretrained("FOLDER", dtype="auto")',
        "gguf": "llama-server -m FOLDER/student-f16.gguf --jinja --temp 0",
    }[form]
