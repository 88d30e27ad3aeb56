"""Measure which planted faults a run's filters find, and which unchanged examples they reject."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from factory.audit.llm_audit import AskJudge, without_judge
from factory.audit.planter import (
    FAULT_KINDS,
    FAULTS_PER_KIND,
    FaultKind,
    PlantedFault,
    plant_faults,
)
from factory.audit.results import (
    AUDIT_FILE,
    Audit,
    KindResult,
    Source,
    UnchangedResult,
    WronglyJudged,
    digest_of_audited,
)
from factory.audit.subjects import gold_subjects, kept_subjects, restated_evidence, with_shapes
from factory.audit.text_reading import Subject
from factory.core.errors import UserMistake
from factory.core.recipe import Recipe
from factory.core.records import Example, Span, Verdict
from factory.core.run_folder import Run
from factory.core.stats import Proportion
from factory.generation.judging import ExampleJudge
from factory.tasks import Tasks
from factory.tasks.build import build_tasks
from filters.duplicates.duplicates import judge_duplicates
from filters.grounding.quotes import find_quote
from filters.text.corpus_names import CorpusNames

# The other filters of a task judge how its teacher asks.
JUDGE_ANSWERS = (
    "schema",
    "grounding",
    "judge",
)
JudgeExample = Callable[[Example], Example]
PlantedFaults = list[tuple[Source, PlantedFault]]


def audit(run: Run, recipe: Recipe, ask_judge: AskJudge = without_judge) -> Audit:
    """Plant faults, judge the faulty examples and write RUN/audit.json.

    `ask_judge` has a model judge the examples that code lets pass. Raises UserMistake and
    StoppedEarly.
    """
    tasks = build_tasks(recipe)
    kinds = {task.name: task.kind for task in recipe.tasks}
    sources: dict[Source, list[Subject]] = {
        "kept": with_shapes([*kept_subjects(run, recipe.seed)], kinds),
        "gold": with_shapes([*gold_subjects(run, tasks)], kinds),
    }
    if not any(sources.values()):
        raise UserMistake(
            f"{run.folder}: has neither kept examples nor gold questions, so there is nothing to "
            "audit; run `docstill make` first"
        )
    judge = ExampleJudge(tasks, known=CorpusNames(run.documents)).by_code
    unchanged = [
        _judged_again(source, ask_judge([judge(s.example) for s in subjects]))
        for source, subjects in sources.items()
        if subjects
    ]

    def answered(example: Example) -> Example:
        return _as_answer(judge(example))

    judges: dict[Source, JudgeExample] = {"kept": judge, "gold": answered, "restated": answered}
    sound = {source: _passed(subjects, judges[source]) for source, subjects in sources.items()}
    sound["restated"] = _passed(
        [*restated_evidence([one for some in sound.values() for one in some])], answered
    )

    def judged(faults: PlantedFaults) -> list[Example]:
        return ask_judge([judges[source](_with_spans(p)) for source, p in faults])

    beside = partial(_judged_as_duplicates, tasks=tasks, jaccard=recipe.filters.duplicates.jaccard)
    found = [
        _kind_result(
            kind, _plant(kind, sound, recipe.seed), judged if kind.meant == "rejected" else beside
        )
        for kind in FAULT_KINDS
    ]
    result = Audit(
        of=digest_of_audited(run),
        seed=recipe.seed,
        per_kind=FAULTS_PER_KIND,
        kinds=tuple(f for f in found if f),
        unchanged=tuple(unchanged),
    )
    run.write(AUDIT_FILE, result.model_dump_json(indent=1) + "\n")
    return result


def _as_answer(judged: Example) -> Example:
    return judged.model_copy(
        update={"verdicts": tuple(v for v in judged.verdicts if v.filter in JUDGE_ANSWERS)}
    )


def _passed(subjects: Sequence[Subject], judge: JudgeExample) -> list[Subject]:
    """Keep the subjects that pass `judge`, with the evidence that it found."""
    judged = ((subject, judge(subject.example)) for subject in subjects)
    return [
        replace(s, example=s.example.model_copy(update={"spans": e.spans}))
        for s, e in judged
        if not e.rejection
    ]


def _judged_again(source: Source, judged: Sequence[Example]) -> UnchangedResult:
    answers = [_as_answer(e) for e in judged]
    wrongly = [_wrongly_judged(e, source, e.rejection.reason) for e in answers if e.rejection]
    return UnchangedResult(
        source=source,
        share=Proportion(part=len(wrongly), whole=len(answers)),
        filters=_by_filter(e.verdicts for e in answers),
        asking=_by_filter([v for v in e.verdicts if v.filter not in JUDGE_ANSWERS] for e in judged),
        wrongly=tuple(wrongly),
    )


def _plant(kind: FaultKind, sound: dict[Source, list[Subject]], seed: int) -> PlantedFaults:
    """Plant into kept examples first, and into gold ones if those are too few or too short."""
    found: PlantedFaults = []
    for source, subjects in sound.items():
        found += [
            (source, one)
            for one in plant_faults(kind, subjects, seed, FAULTS_PER_KIND - len(found))
        ]
    return found


def _kind_result(
    kind: FaultKind, faults: PlantedFaults, judge: Callable[[PlantedFaults], list[Example]]
) -> KindResult | None:
    """Return None if the examples contain nothing that this kind of fault could change."""
    if not faults:
        return None
    judged = judge(faults)
    fell = [bool(e.rejection) for e in judged]
    wrong = kind.meant == "apart"  # here a rejection is the mistake
    ends = list(zip(faults, judged, fell, strict=True))
    by_source = {
        s: [f for (source, _), _, f in ends if source == s]
        for s in dict.fromkeys(source for source, _ in faults)
    }
    return KindResult(
        kind=kind.name,
        meant=kind.meant,
        share=Proportion(part=sum(fell), whole=len(fell)),
        examples=len({p.origin.id for _, p in faults}),
        by_source={s: Proportion(part=sum(some), whole=len(some)) for s, some in by_source.items()},
        filters=_by_filter(e.verdicts for e in judged),
        missed=tuple(
            _wrongly_judged(e, source, p.told) for (source, p), e, f in ends if f == wrong
        ),
    )


def _with_spans(fault: PlantedFault) -> Example:
    """Search the chunk for the quotes of the faulty example, as for the quotes of a teacher."""
    text = fault.example.chunk.text
    spans = [
        find_quote(text, quote) or Span(start=0, end=0, text=quote) for quote in fault.quotes or ()
    ]
    return fault.example.model_copy(update={"spans": tuple(spans)})


def _judged_as_duplicates(faults: PlantedFaults, tasks: Tasks, jaccard: float) -> list[Example]:
    """Run the duplicates filter over the planted examples, placed after their originals."""
    origins = list({p.origin.id: p.origin for _, p in faults}.values())
    examples = [*origins, *(_with_spans(p) for _, p in faults)]
    return list(judge_duplicates(examples, jaccard, asked=lambda e: tasks[e.task].subject(e)))[
        len(origins) :
    ]


def _by_filter(verdicts: Iterable[Sequence[Verdict]]) -> dict[str, Proportion]:
    """Count, for each filter, the examples that it judged and rejected.

    No filter judges an example after its first rejection.
    """
    judged, rejected = Counter[str](), Counter[str]()
    for some in verdicts:
        judged.update(v.filter for v in some)
        rejected.update(v.filter for v in some if not v.passed)
    return {name: Proportion(part=rejected[name], whole=times) for name, times in judged.items()}


def _wrongly_judged(example: Example, source: Source, told: str) -> WronglyJudged:
    return WronglyJudged(
        id=example.id,
        source=source,
        told=told,
        instruction=example.instruction,
        response=example.response,
        evidence=" … ".join(span.text for span in example.spans),
    )
