"""Settings of the student and of its training, free of torch: every default stands here, beside its reason."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from factory.core.student_presets import AUTO, Preset, by_name, known, names

FEW_ROWS = 1000  # under this, an epoch is so few steps that the usual LoRA rate overshoots
USUAL_RATE = 2e-4  # QLoRA (Dettmers et al. 2023, table 9) for models up to 13B
CAREFUL_RATE = 1e-4  # half of it, for few rows
ENOUGH_EXAMPLES = 500  # with fewer, a gain on held-out questions is seldom larger than its interval


def _above_zero(value: float) -> float:
    if not value > 0:
        raise ValueError("must be above 0")
    return value


def _share(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError("must be at least 0 and below 1")
    return value


def _part(value: float) -> float:
    if not 0 < value <= 1:
        raise ValueError("must be above 0 and at most 1")
    return value


def _shares(value: tuple[float, ...]) -> tuple[float, ...]:
    if any(not 0 < share <= 1 for share in value) or list(value) != sorted(set(value)) or value == (1.0,):
        raise ValueError("must be shares of the data, growing, at most 1, such as [0.25, 0.5, 1.0]")
    return value


def _named(value: str) -> str:
    if not value.strip():
        raise ValueError("must name a local folder, a .gguf file or a hub model")
    return value


def _at_least_one(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError('must name at least one layer, such as "q_proj"')
    return value


def _presets(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    wanted = (value,) if isinstance(value, str) else value
    if not wanted or any(name not in names() for name in wanted):
        raise ValueError(f"must be one or a list of {', '.join(names())}")
    if sum(bool(one.model_types) for one in known() if one.name in wanted) > 1:
        raise ValueError("must name one student's preset at most; gentle joins it")
    return value


Count = Annotated[int, AfterValidator(_above_zero)]
Amount = Annotated[float, AfterValidator(_above_zero)]


class StudentSettings(BaseModel):
    """The small model that learns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Annotated[str, AfterValidator(_named)]
    system: str | None = None  # none: the chat template's own, the one that the student was tuned with
    max_seq_length: Count = 1024  # tokens: a chunk of 512, a distractor or a question, an answer
    # Of an answer, at most; none: half as much again as the longest reference of its task, so that no right one is cut, and 96 at least.
    answer_tokens: Count | None = Field(None, exclude_if=lambda value: value is None)


class TrainSettings(BaseModel):
    """How the student learns; the recipe's [train]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # data/students.toml says what each fills in of the keys left out here, and why; none is told in a file where it is "auto"
    preset: Annotated[str | tuple[str, ...], AfterValidator(_presets)] = Field(AUTO, exclude_if=lambda value: value == AUTO)
    epochs: Amount = 3  # more repeats the answers by heart; the best epoch by validation loss is kept anyway
    learning_rate: Amount | None = None  # none: by the number of rows, see learning_rate_for
    rank: Count = 16  # enough for a narrow task at every size tried in QLoRA's appendix A
    alpha: Count = 16  # as large as rank: an update counts once, so the learning rate alone says how fast
    dropout: Annotated[float, AfterValidator(_share)] = 0.0  # masks cost time and memory; the best step by validation loss is kept anyway
    batch: Count = 16  # rows a step, whatever fits at once
    micro_batch_tokens: Count | None = Field(None, exclude_if=lambda value: value is None)  # at once; none: what the free memory holds
    packing: bool | None = Field(None, exclude_if=lambda value: value is None)  # none: where the student can keep examples apart
    # auto: our own path, which was the faster one at 3B on an H100 (benchmarks/RESULTS.md), whether Unsloth is installed or not.
    backend: Literal["auto", "unsloth", "trl"] = Field("auto", exclude_if=lambda value: value == "auto")
    min_examples: Count = ENOUGH_EXAMPLES
    preference: bool = Field(False, exclude_if=lambda value: not value)  # a second stage on preference.jsonl (trainer/dpo.py)
    report_to: Literal["none", "tensorboard", "wandb"] = Field("none", exclude_if=lambda value: value == "none")  # nobody else is told
    max_steps: Count | None = None  # none: as many as epochs say
    quantize: bool = True  # NF4 QLoRA: a quarter of the weights' memory, which counts from about 1B on; no faster
    # Shares of the data such as [0.25, 0.5, 1.0]: a student of each, so that the report can say what more data would bring.
    curve: Annotated[tuple[float, ...], AfterValidator(_shares)] = Field((), exclude_if=lambda value: not value)
    modules: Annotated[tuple[str, ...], AfterValidator(_at_least_one)] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
    )  # attention and the way into the MLP; name down_proj too where the task needs more room

    @property
    def rows_at_once(self) -> int:
        """For trainers that count rows, not tokens: up to four, and a batch is a multiple of it."""
        return next(rows for rows in (4, 3, 2, 1) if self.batch % rows == 0)

    @property
    def presets(self) -> tuple[str, ...]:
        return (self.preset,) if isinstance(self.preset, str) else self.preset

    def filled(self, chosen: Sequence[Preset]) -> "TrainSettings":
        """With what the presets say where the recipe says nothing; a later preset wins over an earlier one."""
        said = self.model_dump(exclude_unset=True)
        given = {key: value for one in chosen for key, value in one.train.model_dump(exclude_none=True).items()}
        return TrainSettings.model_validate(given | said)

    def filled_for(self, base: str) -> "TrainSettings":
        """The same for who has no config to read, as far as the base's name tells."""
        return self.filled(by_name(self.presets, base))


def learning_rate_for(settings: TrainSettings, rows: int) -> float:
    """The recipe's learning rate, or the rule: 2e-4, and 1e-4 under 1,000 rows."""
    if settings.learning_rate is not None:
        return settings.learning_rate
    return USUAL_RATE if rows >= FEW_ROWS else CAREFUL_RATE


class MergeSettings(BaseModel):
    """How adapters of one base become one; the options of `docstill merge`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["linear", "ties", "dare"]
    weights: tuple[float, ...] = ()  # one an adapter; none: alike, see weighed
    rank: Count | None = None  # of the merged adapter; none: linear keeps all of it (the ranks' sum), ties and dare the largest one's
    density: Annotated[float, AfterValidator(_part)] = 0.5  # of ties and dare: the share of each delta that is kept

    def weighed(self, adapters: int) -> tuple[float, ...]:
        """linear and dare share one out, since they add; ties takes the mean of those that agree already, so each counts once."""
        return self.weights or (1.0 if self.method == "ties" else 1 / adapters,) * adapters
