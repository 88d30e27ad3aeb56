"""Results of an audit: RUN/audit.json."""

from typing import Literal

from pydantic import BaseModel

from factory.audit.planter import ExpectedOutcome
from factory.core.jsonl import read_text
from factory.core.records import digest
from factory.core.run_folder import BEYOND, DOCUMENTS, Run
from factory.core.stats import Proportion

AUDIT_FILE = "audit.json"
FOUND_ONLY_BY_DRAWS = ("label swapped", "field dropped", "argument left out")
HOW_JUDGED = (
    "Kept examples passed the filters when they were made. The evidence of gold answers was found "
    "by code; evaluate.limit does not apply to them. A restated answer is a whole sentence of "
    "that evidence, quoted, which is right by construction; faults go into restated answers if "
    "the others are too few or too short. Faults were planted only into gold and restated "
    "answers that schema and grounding accept."
)
OWN_FILTERS_NOTE = (
    "Filters in brackets belong to a task and are meant for a small teacher: they check whether it "
    "asked about the given fact in a plain sentence. They reject other ways of asking by design, "
    "so these rejections are not mistakes and not part of the total."
)
Source = Literal["kept", "gold", "restated"]


class WronglyJudged(BaseModel, frozen=True):
    """An example that was judged wrongly.

    `told` says what was changed, or the reason why a right example was rejected.
    """

    id: str
    source: Source
    told: str
    instruction: str
    response: str
    evidence: str


class KindResult(BaseModel, frozen=True):
    """Outcome for the planted faults of one kind. `filters` counts what each filter judged and
    rejected.
    """

    kind: str
    meant: ExpectedOutcome
    share: Proportion
    examples: int  # number of examples with planted faults
    by_source: dict[Source, Proportion]
    filters: dict[str, Proportion]
    missed: tuple[WronglyJudged, ...]

    @property
    def sources(self) -> str:
        """List the sources of the faulty examples, if they are not all kept examples."""
        counts = ", ".join(f"{share.whole} {source}" for source, share in self.by_source.items())
        return f" ({counts})" if {*self.by_source} - {"kept"} else ""


class UnchangedResult(BaseModel, frozen=True):
    """Outcome for the unchanged examples of one source.

    `filters` are schema, grounding and the judge; `asking` are the tasks' own filters.
    """

    source: Source
    share: Proportion
    filters: dict[str, Proportion]
    asking: dict[str, Proportion] = {}
    wrongly: tuple[WronglyJudged, ...]


class Audit(BaseModel, frozen=True):
    """The whole result. `of` is the digest of the files that were audited."""

    of: str
    seed: int
    per_kind: int
    kinds: tuple[KindResult, ...]
    unchanged: tuple[UnchangedResult, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the notes that a reader needs to understand the figures."""
        draws = [kind.kind for kind in self.kinds if kind.kind in FOUND_ONLY_BY_DRAWS]
        shown = (
            "No filter in code can find these faults; only disagreeing draws reveal them: "
            f"{', '.join(draws)}."
        )
        return (
            HOW_JUDGED,
            *([shown] if draws else []),
            *([OWN_FILTERS_NOTE] if any(one.asking for one in self.unchanged) else []),
        )


def digest_of_audited(run: Run) -> str:
    """Return the digest of the files that an audit depends on."""
    files = (
        run.folder / name for name in ("recipe.toml", "kept.jsonl", "gold.jsonl", BEYOND, DOCUMENTS)
    )
    return digest([read_text(file, run.mend(file.name)) for file in files if file.is_file()])
