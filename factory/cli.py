"""The command `docstill`: parse the arguments, run the command, set the exit code."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from factory.commands import (
    evaluating,
    exporting,
    judging,
    making,
    recipes,
    registry,
    reviewing,
    student,
)
from factory.core.errors import DocstillError, StoppedEarly, UserMistake
from factory.review.sampling import SampleSettings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn documents into a fine-tuned adapter that is proven to be better than its base.",
)
review_app = typer.Typer(no_args_is_help=True, help="Have an expert review a sample.")
app.add_typer(review_app, name="review")
models_app = typer.Typer(
    no_args_is_help=True,
    help="List, promote and roll back students by name and version.",
)
app.add_typer(models_app, name="models")

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML recipe.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Out = Annotated[
    Path,
    typer.Option(
        "--out", metavar="RUN", help="The folder of the run; the same command again continues it."
    ),
]
PilotOut = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="RUN", help="The folder of the run. Default: runs/ and the recipe's name."
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, help="Ask for at most N examples, spread over the splits.", metavar="N"
    ),
]
LedgerPath = Annotated[
    Path | None,
    typer.Option("--ledger", help="A ledger shared with other runs. Default: RUN/ledger.db."),
]
BudgetOption = Annotated[
    float | None,
    typer.Option("--budget", metavar="USD", help="Spend no more than this on the run, in dollars."),
]
AuditBudget = Annotated[
    float | None,
    typer.Option(
        "--budget",
        metavar="USD",
        min=0,
        help="Have a model judge what the code filters let pass, for at most this many dollars.",
    ),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Don't ask before a changed recipe asks the teacher again.")
]
Wait = Annotated[
    bool,
    typer.Option("--wait", help="Wait for every batch instead of ending with exit code 3."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, such as train.epochs=2."),
]


@app.command("init")
def init_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
) -> None:
    """Copy starter recipes, sample documents and gold questions."""
    making.init_folder(folder)


@app.command("estimate")
def estimate_command(recipe: RecipePath, limit: Limit = None, changes: Changes = None) -> None:
    """Estimate calls, tokens and dollars, offline and before any call."""
    making.show_estimate(recipe, limit, changes or [])


def _changes(changes: list[str] | None, budget: float | None) -> tuple[str, ...]:
    cap = () if budget is None else (f"budget.usd={budget!r}",)
    return (*(changes or ()), *cap)


def _on_recipe(run: Callable[[making.MakeOptions], None]) -> Callable[..., None]:
    """Build a command with the arguments that make and distill share."""

    def command(  # noqa: PLR0913 - one parameter an option
        recipe: RecipePath,
        out: Out,
        limit: Limit = None,
        ledger: LedgerPath = None,
        budget: BudgetOption = None,
        yes: Yes = False,
        wait: Wait = False,
        changes: Changes = None,
    ) -> None:
        run(making.MakeOptions(recipe, out, limit, ledger, yes, wait, _changes(changes, budget)))

    return command


app.command("make", help="Make judged training data from documents.")(_on_recipe(making.run_make))


@app.command("pilot")
def pilot_command(  # noqa: PLR0913 - one parameter an option
    recipe: RecipePath,
    out: PilotOut = None,
    ledger: LedgerPath = None,
    budget: BudgetOption = None,
    yes: Yes = False,
    wait: Wait = False,
    changes: Changes = None,
) -> None:
    """Make examples from 20 chunks and forecast yield and cost of the rest. make continues it."""
    folder = out or Path("runs", recipe.stem)
    making.run_pilot(
        making.MakeOptions(recipe, folder, None, ledger, yes, wait, _changes(changes, budget))
    )


@app.command("rehearse")
def rehearse_command(  # noqa: PLR0913 - one parameter an option
    recipe: RecipePath,
    gold: Annotated[
        Path,
        typer.Option("--gold", metavar="FILE", help="JSONL file of questions with known answers."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="RUN", help="Default: runs/, the recipe's name and -rehearsal."
        ),
    ] = None,
    slots: Annotated[
        int | None,
        typer.Option(
            "--slots",
            metavar="N",
            min=1,
            help="Ask for N examples, in several passes. Default: each row once.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="Decides which answers are wrong, and how.")
    ] = 0,
    wrong: Annotated[
        float, typer.Option("--wrong", min=0, max=0.9, help="Share of wrong answers.")
    ] = 0.35,
    correlated: Annotated[
        float | None,
        typer.Option(
            "--correlated",
            min=0,
            max=1,
            help="Share of the wrong answers that all draws repeat. Default: 0.5, for labels 0.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="FILTER", help="Leave a filter out.")
    ] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Run again without each filter in turn.")
    ] = False,
    changes: Changes = None,
) -> None:
    """Test the recipe against a local teacher that errs at known rates; no API key needed."""
    # Imported here: its server takes a second to import.
    from factory.commands.rehearsing import RehearsalSettings, run_rehearsal

    folder = out or Path("runs", f"{recipe.stem}-rehearsal")
    faults = (wrong, correlated, seed, slots, tuple(without or ()), ablate)
    run_rehearsal(RehearsalSettings(recipe, _changes(changes, None), gold, folder, *faults))


@app.command("recipe")
def recipe_command(
    key: Annotated[
        str | None,
        typer.Argument(metavar="[KEY]", help="A table such as train, or a key: train.epochs."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Explain every key, one table or one key.")
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check", metavar="RECIPE", help="Say what is wrong, or what a run would use."
        ),
    ] = None,
) -> None:
    """Explain the keys of a recipe, with their types, defaults and reasons; or check a recipe."""
    if explain == (check is not None) or (key and check):
        raise UserMistake("recipe: choose one of --explain [KEY] and --check RECIPE")
    if check is None:
        recipes.explain_recipe(key)
    else:
        recipes.check_recipe(check)


@app.command("report")
def report_command(
    run: RunPath,
    certificate: Annotated[
        bool,
        typer.Option(
            "--certificate", help="Write one page to print and file instead: RUN/certificate.html."
        ),
    ] = False,
) -> None:
    """Show the run in tables and write RUN/report.html."""
    if certificate:
        making.show_certificate(run)
    else:
        making.show_report(run)


@app.command("why")
def why_command(run: RunPath, id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Show one example: its chunk with the evidence marked, every attempt and every verdict."""
    making.show_why(run, id)


@app.command("audit")
def audit_command(run: RunPath, budget: AuditBudget = None) -> None:
    """Plant known faults into the run's examples and count what each filter finds and misses."""
    judging.run_audit(run, budget)


@app.command("train")
def train_command(
    run: RunPath,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan", help="Only show memory, steps, time and learning rate; load no model."
        ),
    ] = False,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend", help="auto, unsloth or trl. Default: the recipe's train.backend."
        ),
    ] = None,
) -> None:
    """Train the student on RUN/train.jsonl into RUN/adapter."""
    if plan:
        student.show_plan(run)
    else:
        student.run_train(run, backend)


@app.command("answer")
def answer_command(  # noqa: PLR0913 - one parameter an option
    run: RunPath,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="base, student, a path to a model or adapter, teacher, a teacher's name, or a "
            "server's model.",
        ),
    ],
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="Address of an OpenAI-compatible server, ending in /v1. Its key is read from "
            "COMPATIBLE_API_KEY.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME", help="Name for the server's answers. Default: the model's name."
        ),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            "--price",
            metavar="IN,OUT",
            help="Price of the server's model in dollars per million tokens.",
        ),
    ] = None,
) -> None:
    """Let a model answer the held-out questions, into RUN/answers."""
    server = evaluating.Server(base_url, name, price)
    if teacher := evaluating.answering_teacher(run, model, server):
        evaluating.run_served(run, model, teacher, server)
    else:
        student.run_answer(run, model)


@app.command("evaluate")
def evaluate_command(
    run: RunPath,
    answers: Annotated[
        list[str] | None,
        typer.Option(
            "--answers",
            metavar="[NAME=]FILE",
            help="Another answers file to score, under its file name or NAME.",
        ),
    ] = None,
    against: Annotated[
        str, typer.Option("--against", metavar="NAME", help="The model to compare with.")
    ] = "base",
) -> None:
    """Score the answers.

    Ends with exit code 1 if the student is not shown to be better than its base, or is worse than
    the model named by --against.
    """
    evaluating.run_evaluate(run, answers or [], against)


@app.command("dedup")
def dedup_command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help='Rows {"id", "instruction", "response"}.')
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="OUT", help='The same rows, each with "duplicate_of": an id or null.'
        ),
    ],
    embeddings: Annotated[
        str | None,
        typer.Option(
            "--embeddings", help="Find paraphrases too: bundled, a model2vec folder or a hub name."
        ),
    ] = None,
) -> None:
    """Mark rows that repeat an earlier one; rows that differ in a fact are no duplicates."""
    judging.run_dedup(file, out, embeddings)


@app.command("judge")
def judge_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl",
            help='Rows {"id", "chunk", "instruction", "response"[, "spans", "task"]}.',
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="OUT", help='The same rows, each with "verdicts" and "passed".'
        ),
    ],
    filters: Annotated[
        str, typer.Option("--filters", metavar="A,B", help="schema, grounding, wording, relevance.")
    ] = "schema,grounding",
) -> None:
    """Judge examples from other tools with the code filters. Missing evidence is searched for."""
    judging.run_judge(file, filters, out)


@app.command("export")
def export_command(
    run: RunPath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="adapter, merged, gguf, ollama, vllm; parquet, hub, axolotl, llama-factory, "
            "preference.",
        ),
    ],
    repo: Annotated[
        str | None,
        typer.Option(
            "--repo",
            metavar="OWNER/NAME",
            help="Repository on the hub. The token is read from HF_TOKEN.",
        ),
    ] = None,
    private: Annotated[
        bool,
        typer.Option("--private", help="Make a new repository private."),
    ] = False,
) -> None:
    """Export the student for deployment, or the rows for other tools, into RUN/exports.

    Only --to hub uploads anything.
    """
    exporting.run_export(run, to, repo, private)


@review_app.command("export")
def review_export(  # noqa: PLR0913 - one parameter an option
    run: RunPath,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="html (a page that needs no server), csv, xlsx, label-studio or argilla."
        ),
    ] = "html",
    size: Annotated[
        int | None, typer.Option("--sample", min=1, help="Sample N examples.", metavar="N")
    ] = None,
    within: Annotated[
        float,
        typer.Option(
            "--within",
            metavar="N",
            min=0.5,
            max=20,
            help="Without --sample: choose the size that measures precision to within N points.",
        ),
    ] = 4,
    rejected: Annotated[
        int,
        typer.Option(
            "--rejected",
            metavar="N",
            min=0,
            help="Also include N rejected examples, to find wrong rejections.",
        ),
    ] = 0,
    split: Annotated[
        str | None, typer.Option("--split", help="train, val, test or shift. Default: all.")
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="A,B",
            help="Compare two models' answers side by side instead, blind, such as base,student.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Draw a new sample even if there is one."),
    ] = False,
) -> None:
    """Export a sample of kept examples for an expert; every export has the same sample."""
    if compare:
        reviewing.export_blind_comparison(run, compare, size)
    else:
        reviewing.export_review(
            run,
            to,
            SampleSettings(size=size, within=within, rejected=rejected, split=split, seed=0),
            again,
        )


@review_app.command("apply")
def review_apply(
    run: RunPath,
    id: Annotated[str, typer.Argument(metavar="ID", help="An example that an expert rejected.")],
    of: Annotated[
        str,
        typer.Option(
            "--of", help="Apply it to examples of the same task, label, document or section."
        ),
    ] = "section",
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before applying it.")] = False,
) -> None:
    """Apply a rejection to all similar examples, after showing their number and cost."""
    reviewing.apply_to_all(run, id, of, yes)


@review_app.command("import")
def review_import(
    run: RunPath,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    target: Annotated[
        float,
        typer.Option(
            "--precision",
            min=0.5,
            max=0.999,
            help="The precision for which filter thresholds are suggested.",
        ),
    ] = 0.95,
) -> None:
    """Import the expert's verdicts and extrapolate them to the run. The next make applies them."""
    reviewing.import_review(run, files, target)


@app.command("merge")
def merge_command(  # noqa: PLR0913 - one parameter an option
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN RUN...", help="Runs whose students have the same base."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="A new folder.")],
    method: Annotated[
        str,
        typer.Option(
            "--method", help="linear (exact), ties or dare (both keep a part of each adapter)."
        ),
    ] = "linear",
    weights: Annotated[
        str,
        typer.Option(
            "--weights", metavar="A,B,...", help="One weight per run. Default: equal weights."
        ),
    ] = "",
    rank: Annotated[
        int | None,
        typer.Option(
            "--rank",
            min=1,
            help="Reduce the merged adapter to rank N. Default: linear keeps the full rank.",
        ),
    ] = None,
    density: Annotated[
        float,
        typer.Option(
            "--density", help="For ties and dare: the share of each adapter's deltas to keep."
        ),
    ] = 0.5,
) -> None:
    """Merge the adapters of several runs into a new run, which can be evaluated like any other."""
    registry.run_merge(runs, out, registry.merging(method, weights, rank, density))


Models = Annotated[
    Path, typer.Option("--models", metavar="DIR", help="The folder of the registry.")
]
MODELS = Path("models")


@models_app.command("list")
def models_list(models: Models = MODELS) -> None:
    """List every student with its data, its scores and whether it is promoted."""
    registry.list_models(models)


@models_app.command("promote")
def models_promote(
    run: RunPath,
    name: Annotated[
        str, typer.Option("--name", help="Name for what the student does, such as intake.")
    ],
    force: Annotated[
        bool,
        typer.Option("--force", help="Promote it even if it scores lower than the promoted one."),
    ] = False,
    models: Models = MODELS,
) -> None:
    """Register a run's student as the next version, and promote it unless it scores lower."""
    registry.promote_student(run, models, name, force)


@models_app.command("rollback")
def models_rollback(
    name: Annotated[str, typer.Argument(metavar="NAME")], models: Models = MODELS
) -> None:
    """Promote the previously promoted version again."""
    registry.roll_back_student(models, name)


app.command("distill", help="Run make, train, answer, evaluate and export.")(
    _on_recipe(student.distill)
)


def main() -> None:
    """Run the command. Every docstill error prints one sentence to stderr and sets an exit code."""
    try:
        if "" in sys.argv[1:]:
            raise UserMistake(
                "an argument is empty; leave it out or give it a value, and quote paths that "
                "contain spaces"
            )
        app()
    except DocstillError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        _end(*_refused(error))
    except KeyboardInterrupt:
        _end(
            "stopped; all answers so far are saved, run the same command again to continue",
            StoppedEarly.exit_code,
        )


def _refused(error: OSError) -> tuple[str, int]:
    """Return the message for an operating system error, and the exit code.

    After a full disk, the same command can continue.
    """
    where = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        message = (
            f"{where}{reason}; all answers so far are saved, free some space and run the same "
            "command again"
        )
        return message, StoppedEarly.exit_code
    return (
        f"{where}{reason}; choose a file or folder that docstill may use",
        UserMistake.exit_code,
    )


def _end(sentence: str, code: int) -> None:
    # A file name may hold bytes that are not text.
    sentence = sentence.encode("utf-8", "backslashreplace").decode()
    Console(stderr=True).print(sentence, highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)
