"""The command `docstill`: arguments in, exit codes out; all work is done elsewhere."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from factory.commands import evaluating, exporting, judging, making, registry, reviewing, student
from factory.core.errors import DocstillError, StoppedEarly, UserMistake
from factory.review.sampling import Wanted

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Documents to a proven fine-tuned adapter.",
)
review_app = typer.Typer(no_args_is_help=True, help="Let an expert judge a sample.")
app.add_typer(review_app, name="review")
models_app = typer.Typer(no_args_is_help=True, help="Students by name and version: which is promoted, and which was before it.")
app.add_typer(models_app, name="models")

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe in TOML.")]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")]
Out = Annotated[Path, typer.Option("--out", metavar="RUN", help="The folder of the run; running again continues it.")]
PilotOut = Annotated[Path | None, typer.Option("--out", metavar="RUN", help="The folder of the run; default runs/ and the recipe's name.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many slots, spread over the splits.")]
LedgerPath = Annotated[Path | None, typer.Option("--ledger", help="A ledger shared with other runs; default RUN/ledger.db.")]
Budget = Annotated[float | None, typer.Option("--budget", metavar="USD", help="Spend no more than this on the run, in dollars.")]
AuditBudget = Annotated[
    float | None,
    typer.Option("--budget", metavar="USD", min=0, help="Let the judge, else the first teacher, hear what code lets pass, for so much."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask before a changed recipe asks the teacher again.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until every batch has come back, instead of ending with 3.")]
Changes = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe, such as train.epochs=2.")]


@app.command("init")
def init_command(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """Copy starter recipes, sample documents and gold questions."""
    making.init_folder(folder)


@app.command("estimate")
def estimate_command(recipe: RecipePath, limit: Limit = None, changes: Changes = None) -> None:
    """Calls and tokens as a range, offline, before any call."""
    making.show_estimate(recipe, limit, changes or [])


def _changes(changes: list[str] | None, budget: float | None) -> tuple[str, ...]:
    cap = () if budget is None else (f"budget.usd={budget!r}",)
    return (*(changes or ()), *cap)


def _on_recipe(does: Callable[[making.Wanted], None]) -> Callable[..., None]:
    """A command with the arguments that make and distill share."""

    def command(  # noqa: PLR0913 - one parameter an option
        recipe: RecipePath,
        out: Out,
        limit: Limit = None,
        ledger: LedgerPath = None,
        budget: Budget = None,
        yes: Yes = False,
        wait: Wait = False,
        changes: Changes = None,
    ) -> None:
        does(making.Wanted(recipe, out, limit, ledger, yes, wait, _changes(changes, budget)))

    return command


app.command("make", help="Documents in, judged training data out.")(_on_recipe(making.run_make))


@app.command("pilot")
def pilot_command(  # noqa: PLR0913 - one parameter an option
    recipe: RecipePath,
    out: PilotOut = None,
    ledger: LedgerPath = None,
    budget: Budget = None,
    yes: Yes = False,
    wait: Wait = False,
    changes: Changes = None,
) -> None:
    """20 chunks for real: yield, cost and examples, and from them an estimate of the rest. A later make goes on from there."""
    folder = out or Path("runs", recipe.stem)
    making.run_pilot(making.Wanted(recipe, folder, None, ledger, yes, wait, _changes(changes, budget)))


@app.command("rehearse")
def rehearse_command(  # noqa: PLR0913 - one parameter an option
    recipe: RecipePath,
    gold: Annotated[Path, typer.Option("--gold", metavar="FILE", help="Rows whose answers are known, as JSONL.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="RUN", help="Default runs/, the recipe's name and -rehearsal.")] = None,
    slots: Annotated[int | None, typer.Option("--slots", min=1, help="So many, over several passes; default each row once.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Which answers are wrong, and how, follows from it.")] = 0,
    wrong: Annotated[float, typer.Option("--wrong", min=0, max=0.9, help="Share of answers that are wrong.")] = 0.35,
    correlated: Annotated[
        float | None, typer.Option("--correlated", min=0, max=1, help="Share of these that all draws repeat; default 0.5, of labels none.")
    ] = None,
    without: Annotated[list[str] | None, typer.Option("--without", metavar="FILTER", help="Leave a filter out.")] = None,
    ablate: Annotated[bool, typer.Option("--ablate", help="Once more without each filter in turn.")] = False,
    changes: Changes = None,
) -> None:
    """The whole factory against a local teacher that errs at known rates: what is kept and caught, before any key."""
    from factory.commands.rehearsing import Script, run_rehearsal  # its server takes a second to import

    folder = out or Path("runs", f"{recipe.stem}-rehearsal")
    told = (wrong, correlated, seed, slots, tuple(without or ()), ablate)
    run_rehearsal(Script(recipe, _changes(changes, None), gold, folder, *told))


@app.command("report")
def report_command(
    run: RunPath,
    certificate: Annotated[bool, typer.Option("--certificate", help="Instead one page to print and file: RUN/certificate.html.")] = False,
) -> None:
    """The run as tables, and as RUN/report.html."""
    if certificate:
        making.show_certificate(run)
    else:
        making.show_report(run)


@app.command("why")
def why_command(run: RunPath, id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """One example: its chunk with the evidence marked, every attempt and verdict."""
    making.show_why(run, id)


@app.command("audit")
def audit_command(run: RunPath, budget: AuditBudget = None) -> None:
    """Plant faults of known kinds into the run's examples: what each filter finds, and what it rejects wrongly."""
    judging.run_audit(run, budget)


@app.command("train")
def train_command(
    run: RunPath,
    plan: Annotated[bool, typer.Option("--plan", help="Only say memory, steps, time and learning rate, and load nothing.")] = False,
    backend: Annotated[str | None, typer.Option("--backend", help="auto, unsloth or trl; default: the recipe's train.backend.")] = None,
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
        str, typer.Option("--model", help="base, student, the path of a model or adapter; teacher or a teacher's name; a server's model.")
    ],
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Of an OpenAI-compatible server, ending in /v1; its key is COMPATIBLE_API_KEY."),
    ] = None,
    name: Annotated[str | None, typer.Option("--as", metavar="NAME", help="What a server's answers are called; default the model.")] = None,
    price: Annotated[
        str | None, typer.Option("--price", metavar="IN,OUT", help="Of a server's model, in dollars per million tokens.")
    ] = None,
) -> None:
    """Let a model answer the held-out questions into RUN/answers."""
    server = evaluating.Server(base_url, name, price)
    if teacher := evaluating.teacher_called(run, model, server):
        evaluating.run_served(run, model, teacher, server)
    else:
        student.run_answer(run, model)


@app.command("evaluate")
def evaluate_command(
    run: RunPath,
    answers: Annotated[
        list[str] | None, typer.Option("--answers", metavar="[NAME=]FILE", help="More answers to score, called by their file or NAME.")
    ] = None,
    against: Annotated[str, typer.Option("--against", metavar="NAME", help="The model to compare with.")] = "base",
) -> None:
    """Score the answers; exit code 1 if the student is not shown better than base, or is worse than another model that is named."""
    evaluating.run_evaluate(run, answers or [], against)


@app.command("dedup")
def dedup_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help='Rows {"id", "instruction", "response"}.')],
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help='The same rows, each with "duplicate_of": an id or null.')],
    embeddings: Annotated[str | None, typer.Option("--embeddings", help="Paraphrases too: bundled, model2vec folder or hub name.")] = None,
) -> None:
    """Mark the rows that repeat an earlier one; rows that differ in a fact are kept apart."""
    judging.run_dedup(file, out, embeddings)


@app.command("judge")
def judge_command(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help='Rows {"id", "chunk", "instruction", "response"[, "spans", "task"]}.')],
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help='The same rows, each with "verdicts" and "passed".')],
    filters: Annotated[str, typer.Option("--filters", metavar="A,B", help="schema, grounding, wording, relevance.")] = "schema,grounding",
) -> None:
    """Judge foreign examples by code; evidence is searched where none is given."""
    judging.run_judge(file, filters, out)


@app.command("export")
def export_command(
    run: RunPath,
    to: Annotated[str, typer.Option("--to", help="adapter, merged, gguf, ollama, vllm; parquet, hub, axolotl, llama-factory, preference.")],
    repo: Annotated[str | None, typer.Option("--repo", metavar="OWNER/NAME", help="Of the hub; its key is HF_TOKEN.")] = None,
    private: Annotated[bool, typer.Option("--private", help="A new repository of the hub that only its owner sees.")] = False,
) -> None:
    """The student as people deploy it, or the rows for other tools, into RUN/exports; only --to hub sends anything anywhere."""
    exporting.run_export(run, to, repo, private)


@review_app.command("export")
def review_export(  # noqa: PLR0913 - one parameter an option
    run: RunPath,
    to: Annotated[str, typer.Option("--to", help="html, a page that needs no server; csv, xlsx, label-studio or argilla.")] = "html",
    size: Annotated[int | None, typer.Option("--sample", min=1, help="So many examples.")] = None,
    within: Annotated[float, typer.Option("--within", min=0.5, max=20, help="Else as many as tell the precision to so many points.")] = 4,
    rejected: Annotated[int, typer.Option("--rejected", min=0, help="Besides so many rejected ones: what was rejected wrongly.")] = 0,
    split: Annotated[str | None, typer.Option("--split", help="train, val, test or shift; default all.")] = None,
    compare: Annotated[
        str | None, typer.Option("--compare", metavar="A,B", help="Instead two models' answers side by side, blind: base,student.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Draw anew from the run as it is now, where a sample is there.")] = False,
) -> None:
    """A sample of kept examples for an expert: the same one whenever it is exported."""
    if compare:
        reviewing.export_comparison(run, compare, size)
    else:
        reviewing.export_review(run, to, Wanted(size=size, within=within, rejected=rejected, split=split, seed=0), again)


@review_app.command("apply")
def review_apply(
    run: RunPath,
    id: Annotated[str, typer.Argument(metavar="ID", help="An example that an expert has rejected.")],
    of: Annotated[str, typer.Option("--of", help="All like this are those of the same task, label, document or section.")] = "section",
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
) -> None:
    """Apply a rejection to all like it: shows what it would touch and cost, then does it."""
    reviewing.apply_to_all(run, id, of, yes)


@review_app.command("import")
def review_import(
    run: RunPath,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...")],
    target: Annotated[float, typer.Option("--precision", min=0.5, max=0.999, help="For which filters' thresholds are proposed.")] = 0.95,
) -> None:
    """The expert's verdicts back, and what they tell of the whole run; they take effect at the next make."""
    reviewing.import_review(run, files, target)


@app.command("merge")
def merge_command(  # noqa: PLR0913 - one parameter an option
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Runs whose students have the same base.")],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="A new folder.")],
    method: Annotated[str, typer.Option("--method", help="linear, which is exact; ties or dare, which keep a part of each.")] = "linear",
    weights: Annotated[str, typer.Option("--weights", metavar="A,B,...", help="One a run; default alike.")] = "",
    rank: Annotated[int | None, typer.Option("--rank", min=1, help="Cut the merged adapter to it; default: linear keeps all.")] = None,
    density: Annotated[float, typer.Option("--density", help="Of ties and dare: the share of each adapter's deltas that is kept.")] = 0.5,
) -> None:
    """Merge the adapters of several runs into one, which is answered and scored like any other."""
    registry.run_merge(runs, out, registry.merging(method, weights, rank, density))


Models = Annotated[Path, typer.Option("--models", metavar="DIR", help="The folder of the registry.")]
MODELS = Path("models")


@models_app.command("list")
def models_list(models: Models = MODELS) -> None:
    """Every student with its data, its scores and whether it is promoted."""
    registry.list_models(models)


@models_app.command("promote")
def models_promote(
    run: RunPath,
    name: Annotated[str, typer.Option("--name", help="What the student is for, such as intake.")],
    force: Annotated[bool, typer.Option("--force", help="Also where it scores lower than the promoted one.")] = False,
    models: Models = MODELS,
) -> None:
    """Take a run's student in as the next version of a name, and promote it unless it scores lower."""
    registry.promote_student(run, models, name, force)


@models_app.command("rollback")
def models_rollback(name: Annotated[str, typer.Argument(metavar="NAME")], models: Models = MODELS) -> None:
    """Promote the version that was promoted before."""
    registry.roll_back_student(models, name)


app.command("distill", help="The whole way: make, train, answer, evaluate, export.")(_on_recipe(student.distill))


def main() -> None:
    """Run the command; every error of docstill is one sentence on stderr and its exit code."""
    try:
        if "" in sys.argv[1:]:
            raise UserMistake("an argument is empty, must be left out or say something; put a path with blanks in quotes")
        app()
    except DocstillError as error:
        _end(str(error), error.exit_code)
    except OSError as error:
        _end(*_refused(error))
    except KeyboardInterrupt:
        _end("stopped; nothing that was answered is lost, run the same command again to go on", StoppedEarly.exit_code)


def _refused(error: OSError) -> tuple[str, int]:
    """What the operating system did not allow, and the exit code: with room on the disk the same command goes on."""
    where = f"{error.filename}: " if error.filename else ""
    said = error.strerror or str(error) or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        told = f"{where}{said}; nothing that was answered is lost, make room and run the same command again"
        return told, StoppedEarly.exit_code
    return f"{where}{said}; the operating system refused it, must be a file or folder that docstill may use", UserMistake.exit_code


def _end(sentence: str, code: int) -> None:
    sentence = sentence.encode("utf-8", "backslashreplace").decode()  # a name may hold bytes that are not text
    Console(stderr=True).print(sentence, highlight=False, markup=False, soft_wrap=True)
    raise SystemExit(code)
