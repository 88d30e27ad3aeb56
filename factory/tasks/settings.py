"""What a recipe says of a task: its kind, the client's wishes, and the labels or the fields of its own."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from filters.typed import FieldSettings, repeated


class LabelSettings(BaseModel, frozen=True, extra="forbid"):
    name: str = Field(min_length=1)
    definition: str = ""
    boundary: str = ""  # cases that lie near another label, and which of the two they are


class TaskSettings(BaseModel, frozen=True, extra="forbid"):
    kind: Literal["qa", "classification", "extraction"] = "qa"
    name: str = Field("qa", min_length=1)  # default: its kind
    teacher: str | None = None  # the name of the one that writes; default: the first
    instructions: str = ""  # a sentence or two of the client's wishes, handed to the teacher
    per_chunk: int = Field(3, ge=1, le=20)  # 1 where the chunk itself is what is labelled or read
    open_book: bool = True  # the chunk stands in the student's prompt; false: the question alone, and the facts are learnt
    distractors: int = Field(0, ge=0, le=20)  # nearest other chunks that stand beside it there, as a search engine would bring them
    labels: tuple[LabelSettings, ...] = ()  # of a classification
    fields: tuple[FieldSettings, ...] = ()  # of an extraction

    @model_validator(mode="before")
    @classmethod
    def _by_kind(cls, given: object) -> object:
        """Defaults that follow from the kind."""
        if not isinstance(given, dict) or given.get("kind", "qa") == "qa":
            return given
        return {"name": given["kind"], "per_chunk": 1, **given}

    @model_validator(mode="after")
    def _whole(self) -> "TaskSettings":
        if self.kind != "qa" and not self.open_book:
            raise ValueError(f'open_book = false, must be true or unset: a task of kind "{self.kind}" is about the text beside it')
        if self.distractors and (self.kind != "qa" or not self.open_book):
            raise ValueError(f'distractors = {self.distractors}, must be 0 or unset: only an open-book task of kind "qa" has them')
        if self.kind != "qa" and self.per_chunk != 1:
            raise ValueError(f'per_chunk = {self.per_chunk}, must be 1 or unset: a task of kind "{self.kind}" reads each chunk once')
        self._own("labels", "classification", len(self.labels), 2, '{ name = "complaint", definition = "…" }')
        self._own("fields", "extraction", len(self.fields), 1, '{ name = "effective_date", type = "date" }')
        names = [*(label.name for label in self.labels), *(field.name for field in self.fields)]
        if "/" in self.name or "\\" in self.name or self.name.startswith("."):
            raise ValueError(f'name = "{self.name}", must be no path: folders are called so')
        if not all(map(str.strip, names)):
            raise ValueError(f"a name among the {'labels' if self.labels else 'fields'} is blank, must be a word")
        if twice := repeated(names):
            raise ValueError(f'"{twice}" stands twice among the {"labels" if self.labels else "fields"}, names must differ')
        return self

    def _own(self, key: str, kind: str, count: int, least: int, such: str) -> None:
        """What one kind needs and no other has. Raises ValueError."""
        if self.kind == kind and count < least:
            raise ValueError(f'{key} holds {count}, must hold at least {least} for a task of kind "{kind}", such as {such}')
        if self.kind != kind and count:
            raise ValueError(f'{key} is set, must be left out: only a task of kind "{kind}" has {key}')
