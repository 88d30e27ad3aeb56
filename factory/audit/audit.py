"""`docstill audit`: what a run's filters find of planted faults, and what they reject of unchanged examples."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from factory.audit.llm_audit import Hear, unheard
from factory.audit.planter import KINDS, PER_KIND, Kind, Planted, planted
from factory.audit.results import NAME, Audit, Caught, Missed, Rejected, Source, audited
from factory.audit.subjects import gold, kept, restated, shaped
from factory.audit.text_reading import Subject
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Example, Span, Verdict
from factory.core.run_folder import Run
from factory.core.stats import Share
from factory.generation.judging import Bench
from factory.tasks import Tasks
from factory.tasks.build import tasks_of
from filters.duplicates.duplicates import marked
from filters.grounding.quotes import find_quote
from filters.text.corpus_names import Vocabulary

JUDGE_ANSWERS = ("schema", "grounding", "judge")  # the other filters of a task judge how its teacher asks
Judge = Callable[[Example], Example]
Faults = list[tuple[Source, Planted]]


def audit(run: Run, recipe: Recipe, hear: Hear = unheard) -> Audit:
    """Plants, judges and writes RUN/audit.json; `hear`: a model judge of what code lets pass. Raises UserMistake, StoppedEarly."""
    tasks = tasks_of(recipe)
    kinds = {task.name: task.kind for task in recipe.tasks}
    sources: dict[Source, list[Subject]] = {"kept": shaped([*kept(run, recipe.seed)], kinds), "gold": shaped([*gold(run, tasks)], kinds)}
    if not any(sources.values()):
        raise UserMistake(f"{run.folder}: no example was kept and there is no gold, there must be some to plant faults into")
    judge = Bench(tasks, known=Vocabulary(run.documents)).by_code
    unchanged = [_judged_again(source, hear([judge(s.example) for s in subjects])) for source, subjects in sources.items() if subjects]

    def answered(example: Example) -> Example:
        return _as_answer(judge(example))

    judges: dict[Source, Judge] = {"kept": judge, "gold": answered, "restated": answered}
    sound = {source: _passed(subjects, judges[source]) for source, subjects in sources.items()}
    sound["restated"] = _passed([*restated([one for some in sound.values() for one in some])], answered)

    def judged(faults: Faults) -> list[Example]:
        return hear([judges[source](_with_spans(p)) for source, p in faults])

    beside = partial(_beside, tasks=tasks, jaccard=recipe.filters.duplicates.jaccard)
    found = [_caught(kind, _planted(kind, sound, recipe.seed), judged if kind.meant == "rejected" else beside) for kind in KINDS]
    told = Audit(of=audited(run), seed=recipe.seed, per_kind=PER_KIND, kinds=tuple(f for f in found if f), unchanged=tuple(unchanged))
    run.write(NAME, told.model_dump_json(indent=1) + "\n")
    return told


def _as_answer(judged: Example) -> Example:
    return judged.model_copy(update={"verdicts": tuple(v for v in judged.verdicts if v.filter in JUDGE_ANSWERS)})


def _passed(subjects: Sequence[Subject], judge: Judge) -> list[Subject]:
    """Those that it passes, with the evidence that it found."""
    judged = ((subject, judge(subject.example)) for subject in subjects)
    return [replace(s, example=s.example.model_copy(update={"spans": e.spans})) for s, e in judged if not e.rejection]


def _judged_again(source: Source, judged: Sequence[Example]) -> Rejected:
    answers = [_as_answer(e) for e in judged]
    wrongly = [_missed(e, source, e.rejection.reason) for e in answers if e.rejection]
    return Rejected(
        source=source,
        share=Share(part=len(wrongly), whole=len(answers)),
        filters=_by_filter(e.verdicts for e in answers),
        asking=_by_filter([v for v in e.verdicts if v.filter not in JUDGE_ANSWERS] for e in judged),
        wrongly=tuple(wrongly),
    )


def _planted(kind: Kind, sound: dict[Source, list[Subject]], seed: int) -> Faults:
    """Into kept examples first; gold ones where the kept are too few or too short for the kind."""
    found: Faults = []
    for source, subjects in sound.items():
        found += [(source, one) for one in planted(kind, subjects, seed, PER_KIND - len(found))]
    return found


def _caught(kind: Kind, faults: Faults, judge: Callable[[Faults], list[Example]]) -> Caught | None:
    """None where the examples have nothing that the kind could change."""
    if not faults:
        return None
    judged = judge(faults)
    fell = [bool(e.rejection) for e in judged]
    wrong = kind.meant == "apart"  # to be rejected is then the fault
    ends = list(zip(faults, judged, fell, strict=True))
    by_source = {s: [f for (source, _), _, f in ends if source == s] for s in dict.fromkeys(source for source, _ in faults)}
    return Caught(
        kind=kind.name,
        meant=kind.meant,
        share=Share(part=sum(fell), whole=len(fell)),
        examples=len({p.origin.id for _, p in faults}),
        by_source={s: Share(part=sum(some), whole=len(some)) for s, some in by_source.items()},
        filters=_by_filter(e.verdicts for e in judged),
        missed=tuple(_missed(e, source, p.told) for (source, p), e, f in ends if f == wrong),
    )


def _with_spans(fault: Planted) -> Example:
    """Its quotes are looked for in the chunk as a teacher's are."""
    text = fault.example.chunk.text
    spans = [find_quote(text, quote) or Span(start=0, end=0, text=quote) for quote in fault.quotes or ()]
    return fault.example.model_copy(update={"spans": tuple(spans)})


def _beside(faults: Faults, tasks: Tasks, jaccard: float) -> list[Example]:
    """The planted ones as the duplicates filter sees them, behind the examples that they were made from."""
    origins = list({p.origin.id: p.origin for _, p in faults}.values())
    examples = [*origins, *(_with_spans(p) for _, p in faults)]
    return list(marked(examples, jaccard, asked=lambda e: tasks[e.task].subject(e)))[len(origins) :]


def _by_filter(verdicts: Iterable[Sequence[Verdict]]) -> dict[str, Share]:
    """Of those that each filter judged, how many it rejected; none is judged further after its first rejection."""
    judged, rejected = Counter[str](), Counter[str]()
    for some in verdicts:
        judged.update(v.filter for v in some)
        rejected.update(v.filter for v in some if not v.passed)
    return {name: Share(part=rejected[name], whole=times) for name, times in judged.items()}


def _missed(example: Example, source: Source, told: str) -> Missed:
    return Missed(
        id=example.id,
        source=source,
        told=told,
        instruction=example.instruction,
        response=example.response,
        evidence=" … ".join(span.text for span in example.spans),
    )
