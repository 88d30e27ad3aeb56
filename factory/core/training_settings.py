"""Define the settings of a student's training, without torch; defaults have their reasons here."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from factory.core.student_presets import AUTO, Preset, all_presets, preset_names, presets_by_name

FEW_ROWS = 1000  # below this an epoch has so few steps that the usual LoRA rate overshoots
USUAL_RATE = 2e-4  # QLoRA (Dettmers et al. 2023, table 9) for models up to 13B
CAREFUL_RATE = 1e-4  # half of it, for few rows
ENOUGH_EXAMPLES = 500  # with fewer, gains on held-out questions rarely exceed their interval


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
    if (
        any(not 0 < share <= 1 for share in value)
        or list(value) != sorted(set(value))
        or value == (1.0,)
    ):
        raise ValueError("must be growing shares of the data, at most 1, such as [0.25, 0.5, 1.0]")
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
    if not wanted or any(name not in preset_names() for name in wanted):
        raise ValueError(f"must be one or a list of {', '.join(preset_names())}")
    if sum(bool(one.model_types) for one in all_presets() if one.name in wanted) > 1:
        raise ValueError("must name at most one student's preset; only gentle can be added to it")
    return value


Count = Annotated[int, AfterValidator(_above_zero)]
Amount = Annotated[float, AfterValidator(_above_zero)]


class StudentSettings(BaseModel, use_attribute_docstrings=True):
    """Settings of the student, the small model that learns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Annotated[str, AfterValidator(_named)]
    system: str | None = None
    """Not set: the chat template's own, with which the student was tuned."""
    max_seq_length: Count = 1024
    """Tokens: a chunk of 512, a distractor or a question, an answer."""
    answer_tokens: Count | None = Field(None, exclude_if=lambda value: value is None)
    """Of an answer, at most; none: 1.5 times the longest reference of its task, so that no right
    answer is cut, and at least 96.
    """


class TrainSettings(BaseModel, use_attribute_docstrings=True):
    """Settings of the training; the recipe's [train]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: Annotated[str | tuple[str, ...], AfterValidator(_presets)] = Field(
        AUTO, exclude_if=lambda value: value == AUTO
    )
    """`data/students.toml` lists what each preset sets of the keys left out here, and why."""
    epochs: Amount = 3
    """More would memorize answers; the best epoch by validation loss is kept."""
    learning_rate: Amount | None = None
    """Not set: by the number of rows, see learning_rate_for."""
    rank: Count = 16
    """Enough for a narrow task at every size tried in QLoRA's appendix A."""
    alpha: Count = 16
    """Equal to rank, so that only the learning rate sets the speed."""
    dropout: Annotated[float, AfterValidator(_share)] = 0.0
    """Masks cost time and memory, and the best step by validation loss is kept anyway."""
    batch: Count = 16
    """Rows per step, however many fit into memory at once."""
    micro_batch_tokens: Count | None = Field(None, exclude_if=lambda value: value is None)
    """Tokens at once; none: what fits into the free memory."""
    packing: bool | None = Field(None, exclude_if=lambda value: value is None)
    """Not set: pack if the student can keep packed examples apart."""
    backend: Literal["auto", "unsloth", "trl"] = Field(
        "auto", exclude_if=lambda value: value == "auto"
    )
    """Auto: our own path, which was the faster one at 3B on an H100 (benchmarks/RESULTS.md),
    whether Unsloth is installed or not.
    """
    min_examples: Count = ENOUGH_EXAMPLES
    preference: bool = Field(False, exclude_if=lambda value: not value)
    """A second stage on preference.jsonl (trainer/dpo.py)."""
    report_to: Literal["none", "tensorboard", "wandb"] = Field(
        "none", exclude_if=lambda value: value == "none"
    )
    max_steps: Count | None = None
    """Not set: as many as `epochs` gives."""
    quantize: bool = True
    """NF4 QLoRA: a quarter of the weights' memory, which matters from about 1B on; not faster."""
    curve: Annotated[tuple[float, ...], AfterValidator(_shares)] = Field(
        (), exclude_if=lambda value: not value
    )
    """Shares of the data such as [0.25, 0.5, 1.0]: a student is trained on each, so that the report
    can say what more data would bring.
    """
    modules: Annotated[tuple[str, ...], AfterValidator(_at_least_one)] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
    )
    """Attention and the MLP's input; add down_proj if the task needs more capacity."""

    @property
    def rows_at_once(self) -> int:
        """Rows at once, up to four, for trainers that count rows; a divisor of `batch`."""
        return next(rows for rows in (4, 3, 2, 1) if self.batch % rows == 0)

    @property
    def presets(self) -> tuple[str, ...]:
        return (self.preset,) if isinstance(self.preset, str) else self.preset

    def filled(self, chosen: Sequence[Preset]) -> "TrainSettings":
        """Fill in the presets' values for keys that the recipe leaves out; later presets win."""
        recipe = self.model_dump(exclude_unset=True)
        given = {
            key: value
            for one in chosen
            for key, value in one.train.model_dump(exclude_none=True).items()
        }
        return TrainSettings.model_validate(given | recipe)

    def filled_for(self, base: str) -> "TrainSettings":
        """Fill in the presets as far as the base's name identifies them."""
        return self.filled(presets_by_name(self.presets, base))


def learning_rate_for(settings: TrainSettings, rows: int) -> float:
    """Return the recipe's learning rate, by default 2e-4, or 1e-4 below 1,000 rows."""
    if settings.learning_rate is not None:
        return settings.learning_rate
    return USUAL_RATE if rows >= FEW_ROWS else CAREFUL_RATE


class MergeSettings(BaseModel, use_attribute_docstrings=True):
    """Settings for merging adapters of one base; the options of `docstill merge`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Literal["linear", "ties", "dare"]
    weights: tuple[float, ...] = ()
    """One per adapter; none: equal, see weighed."""
    rank: Count | None = None
    """Of the merged adapter; none: the sum of the ranks for linear, the largest for ties and dare.
    """
    density: Annotated[float, AfterValidator(_part)] = 0.5
    """Of ties and dare: the share of each delta that is kept."""

    def weighed(self, adapters: int) -> tuple[float, ...]:
        """Return the weight of each adapter.

        The defaults of linear and dare sum to 1, since they add; ties already takes the mean of
        the deltas that agree, so each counts once.
        """
        return self.weights or (1.0 if self.method == "ties" else 1 / adapters,) * adapters
