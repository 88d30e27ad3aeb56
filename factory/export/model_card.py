"""Write the model card of an exported student: base, loading, scores, recipe and limits."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.run_folder import Run
from factory.evaluation.evaluate import Evaluation
from factory.evaluation.forgetting import forgetting_sentence
from factory.evaluation.set_scores import Scores
from factory.export.base import PublicBase
from factory.export.deploy import other_tools
from factory.export.parity import Parity
from factory.export.settings import ChatForm
from factory.reports.report import Report
from factory.reports.run_summary import Training, read_optional

RELATIONS = {"adapter": "adapter", "merged": "merge", "gguf": "quantized"}  # the hub's words
LIBRARIES = {"adapter": "peft", "merged": "transformers", "gguf": "gguf"}


def model_card(
    run: Run, recipe: Recipe, base: PublicBase, form: str, parity: Parity | None = None
) -> str:
    """Return Markdown with the hub's front matter, without local paths. Raises UserMistake."""
    report = read_optional(run, "report.json", Report)
    training = read_optional(run, "adapter/training.json", Training)
    if report is None or training is None:
        missing = "report.json" if report is None else "adapter/training.json"
        raise UserMistake(
            f"{run.folder / missing}: is missing; let `docstill make` and "
            "`docstill train` finish first"
        )
    form_ = read_optional(run, "adapter/chat.json", ChatForm)
    parts = (
        _front(base, form),
        f"# A student of {base.name}\n\n{_what(form)} Made by docstill {report.version}. Its base "
        f"is {base.description}; {_licence(base)}\n",
        _loading(base, form, recipe.student.system, bool(form_ and form_.folded)),
        _others(base, form),
        _measured(read_optional(run, "evaluation.json", Evaluation)),
        _alike(parity),
        _made(run, recipe, report, training),
        _limits(recipe, report, training),
    )
    return "\n".join(part for part in parts if part)


def _front(base: PublicBase, form: str) -> str:
    front: dict[str, object] = {
        "license": base.licence or "other",
        **(
            {"base_model": base.name, "base_model_relation": RELATIONS[form]} if base.on_hub else {}
        ),
        "library_name": LIBRARIES[form],
        "pipeline_tag": "text-generation",
        "tags": ["docstill", "lora"],
    }
    return (
        "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items()) + "---\n"
    )


def _what(form: str) -> str:
    return {
        "adapter": "A LoRA adapter: it is loaded onto its base.",
        "merged": "The adapter merged into its base: one model in 16 bit.",
        "gguf": "The adapter merged into its base, as GGUF files for llama.cpp and Ollama.",
    }[form]


def _licence(base: PublicBase) -> str:
    if base.licence:
        return f"the base's licence is {base.licence} and also applies to this model."
    return (
        "the base's licence is unknown here; look it up before you pass this on, as it also "
        "applies to this model."
    )


def _loading(base: PublicBase, form: str, system: str | None, folded: bool) -> str:
    file = f', gguf_file="{base.file}"' if base.file else ""
    code = {
        "adapter": (
            "from peft import PeftModel\nfrom transformers import AutoModelForCausalLM, "
            "AutoTokenizer\n\n"
            f'base = AutoModelForCausalLM.from_pretrained("{base.name}"{file}, dtype="auto")\n'
            'model = PeftModel.from_pretrained(base, ".")\ntokenizer = '
            'AutoTokenizer.from_pretrained(".")  # with the chat template\n'
        ),
        "merged": (
            "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
            'model = AutoModelForCausalLM.from_pretrained(".", dtype="auto")\ntokenizer = '
            'AutoTokenizer.from_pretrained(".")\n'
        ),
    }.get(form)
    shown = (
        f"```python\n{code}```"
        if code
        else "```\nllama-server -m student-f16.gguf --jinja --temp 0\n```"
    )
    greedy = (
        "It was measured by greedy decoding (temperature 0), with the chat template that is saved "
        "here"
    )
    system = f", and this system message if a row had none:\n\n> {system}\n" if system else ".\n"
    turn = (
        "\nThe base's own template has no system turn; this one puts a system message before the "
        "first user turn.\n"
        if folded
        else ""
    )
    return f"## Loading\n\n{shown}\n\n{greedy}{system}{turn}"


def _others(base: PublicBase, form: str) -> str:
    # these tools load a base by its hub name, so they can't load a local one
    if form == "gguf" or (form == "adapter" and (base.file or not base.on_hub)):
        return ""
    commands = "".join(
        f"{command}    # {what}\n" for what, command in other_tools(form, base.name).items()
    )
    return f"For these tools; the commands have not been tried:\n\n```\n{commands}```\n"


def _measured(found: Evaluation | None) -> str:
    if found is None:
        return (
            "## Scores\n\nIt was not evaluated (`docstill evaluate`), so its quality is unknown.\n"
        )
    tables = "\n".join(_table(name, scores) for name, scores in found.sets.items())
    decided = (
        f"`{found.metric}` on {found.decided_by} decides: the student is {_verdict(found)} than "
        f"{found.against}."
    )
    forgotten = (
        f"\nForgetting: {forgetting_sentence(found.forgetting)}.\n" if found.forgetting else ""
    )
    return f"## Scores\n\n{decided} {found.note}\n\n{tables}{forgotten}"


def _verdict(found: Evaluation) -> str:
    return found.verdict if found.verdict != "undecided" else "not shown to be better or worse"


def _table(name: str, scores: Scores) -> str:
    models = [*scores.models]
    rows = [
        f"| {' | '.join(['metric', *models, 'paired difference (95 % interval)'])} |",
        "|" + "---|" * (len(models) + 2),
    ]
    for metric in scores.models[models[0]]:
        values = [f"{scores.models[model][metric]:.3f}" for model in models]
        apart = [
            f"{pair} {one[metric].mean:+.3f} ({one[metric].low:+.3f} to {one[metric].high:+.3f})"
            for pair, one in scores.paired.items()
        ]
        rows.append(f"| {' | '.join([metric, *values, '; '.join(apart)])} |")
    return (
        f"{name}, {scores.n} questions, resampled by {scores.resampled_by}:\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _alike(parity: Parity | None) -> str:
    if parity is None:
        return ""
    claim = (
        "It answers like the adapter on its base"
        if not parity.faults
        else "It does NOT answer like the adapter on its base"
    )
    cost = [
        f"| {kind} | {one.description} | {one.same_answers} of {parity.n} |"
        for kind, one in parity.quantised.items()
    ]
    head = "| kind | score compared with the adapter's (95 % interval) | same answers |"
    table = ["\nThe cost of quantisation:\n", head, "|---|---|---|", *cost]
    return (
        "\n".join(
            [
                "## Parity\n",
                f"{claim} ({parity.reference}): {parity.description}.",
                *(table if cost else []),
            ]
        )
        + "\n"
    )


def _made(run: Run, recipe: Recipe, report: Report, training: Training) -> str:
    t = training.settings or recipe.train
    rows: Mapping[str, object] = {
        "training rows": (
            f"{training.rows:,}, from {report.train_rows:,} written by make, "
            f"{report.replay_rows:,} of them general replay"
        ),
        "tasks": ", ".join(sorted({one.kind for one in recipe.tasks})),
        "teachers": ", ".join(f"{one.name} ({one.source})" for one in recipe.asked),
        "LoRA": f"rank {t.rank}, alpha {t.alpha}, dropout {t.dropout:g}, on {', '.join(t.modules)}",
        "base while training": "NF4 (4 bit)" if training.quantized else "16 bit or more",
        "steps": (
            f"{training.steps:,} of {t.batch} rows, "
            f"loss {training.first_loss:.2f} -> {training.last_loss:.2f}"
        ),
        "longest row": f"{recipe.student.max_seq_length:,} tokens",
        "seed": recipe.seed,
    }
    digests = {
        **report.digests,
        "train.jsonl": _digest(run.folder / "train.jsonl"),
        "adapter": adapter_digest(run),
    }
    shown = [f"| {key} | {value} |" for key, value in rows.items()]
    named = [f"| digest of {key} | `{value}` |" for key, value in digests.items()]
    return "\n".join(["## Recipe\n", "| | |", "|---|---|", *shown, *named]) + "\n"


def _limits(recipe: Recipe, report: Report, training: Training) -> str:
    open_book = sorted({one.kind for one in recipe.tasks if one.open_book})
    lines: Sequence[str] = [
        "It learnt to answer "
        f"{'from an excerpt in the message' if open_book else 'without its sources'}; "
        "it knows no more than its base about anything else, and maybe less.",
        *(
            ["The recipe allowed fewer training rows than docstill advises."]
            if report.few_examples_allowed
            else []
        ),
        *(
            [f"{report.skipped} documents could not be read, so it did not learn from them."]
            if report.skipped
            else []
        ),
        *(
            [
                "It was trained on a base in 4 bit; on the base in 16 bit its answers differ "
                "slightly."
            ]
            if training.quantized
            else []
        ),
        "The scores hold for the questions above, not for yours.",
    ]
    return "## Limits\n\n" + "".join(f"- {line}\n" for line in lines)


def adapter_digest(run: Run) -> str:
    return _digest(run.folder / "adapter" / "adapter_model.safetensors")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
