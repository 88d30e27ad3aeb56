"""What an audit found: RUN/audit.json."""

from typing import Literal

from pydantic import BaseModel

from factory.audit.planter import Meant
from factory.core.jsonl import read_text
from factory.core.records import digest
from factory.core.run_folder import BEYOND, DOCUMENTS, Run
from factory.core.stats import Share

NAME = "audit.json"
DRAWS_SHOW = ("label swapped", "field dropped", "argument left out")
JUDGED = (
    "Kept examples have passed the filters when they were made. For gold answers, evaluate.limit aside, the evidence was found by code. "
    "Restated: sentences of that evidence, each taken whole as an answer and quoted, which is right by construction; they are planted into "
    "where the others are too few or too short. Faults were planted only into gold and restated answers that schema and grounding pass."
)
ASKING = (
    "Filters in brackets are a task's own, for a small teacher: they judge whether it asked about the fact it was given, in a plain "
    "sentence. They turn questions away that people put otherwise, by design, so these are no false rejections and not in the total."
)
Source = Literal["kept", "gold", "restated"]




class Missed(BaseModel, frozen=True):
    """One example that was judged wrongly: `told` is what was changed, or the reason for which a right one was rejected."""

    id: str
    source: Source
    told: str
    instruction: str
    response: str
    evidence: str


class Caught(BaseModel, frozen=True):
    """What became of the planted faults of one kind. `filters`: of those that each filter judged, how many it rejected."""

    kind: str
    meant: Meant
    share: Share
    examples: int  # that they were planted into
    by_source: dict[Source, Share]
    filters: dict[str, Share]
    missed: tuple[Missed, ...]

    @property
    def sources(self) -> str:
        """What they were planted into, where not all into kept examples."""
        counts = ", ".join(f"{share.whole} {source}" for source, share in self.by_source.items())
        return f" ({counts})" if {*self.by_source} - {"kept"} else ""


class Rejected(BaseModel, frozen=True):
    """What became of unchanged examples of one source, by schema and grounding; `asking`: by their tasks' own filters."""

    source: Source
    share: Share
    filters: dict[str, Share]
    asking: dict[str, Share] = {}
    wrongly: tuple[Missed, ...]


class Audit(BaseModel, frozen=True):
    """All of it; `of` is the digest of the files that were audited."""

    of: str
    seed: int
    per_kind: int
    kinds: tuple[Caught, ...]
    unchanged: tuple[Rejected, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known to read the figures."""
        draws = [kind.kind for kind in self.kinds if kind.kind in DRAWS_SHOW]
        shown = f"No filter by code can find these, only draws that disagree show them: {', '.join(draws)}."
        return (JUDGED, *([shown] if draws else []), *([ASKING] if any(one.asking for one in self.unchanged) else []))


def audited(run: Run) -> str:
    """The digest of what an audit depends on."""
    files = (run.folder / name for name in ("recipe.toml", "kept.jsonl", "gold.jsonl", BEYOND, DOCUMENTS))
    return digest([read_text(file, run.mend(file.name)) for file in files if file.is_file()])
