"""Read prompt files: a system part, `---`, a user part, and `$name` placeholders."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from string import Template

from factory.core.errors import UserMistake
from factory.core.records import Verdict, digest


@dataclass(frozen=True)
class Prompt:
    """A prompt file; `digest` identifies its exact text."""

    name: str
    system: str
    user: str
    digest: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the placeholders."""
        return frozenset(
            n for part in (self.system, self.user) for n in Template(part).get_identifiers()
        )

    def fill(self, **names: str) -> tuple[str, str]:
        """Return system and user text.

        Raises UserMistake unless exactly the file's names are given.
        """
        if names.keys() != self.names:
            odd = sorted(self.names ^ names.keys())
            raise UserMistake(
                f"prompts/{self.name}.txt: ${odd[0]} is missing from the file or unknown to "
                "docstill; restore the file's placeholders"
            )
        return Template(self.system).substitute(names), Template(self.user).substitute(
            names
        ).strip()


def _text(name: str) -> str:
    return files("prompts").joinpath(f"{name}.txt").read_text(encoding="utf-8")


@cache
def prompt_text(name: str) -> str:
    """Return a prompt file that has no parts or placeholders."""
    return _text(name).strip()


@cache
def prompt_text_digest(name: str) -> str:
    """Return a digest of a prompt file's exact text."""
    return digest(_text(name))


@cache
def prompt_lines(name: str) -> tuple[str, ...]:
    """Return the non-blank lines of a prompt file, each a wording of its own."""
    return tuple(line for line in _text(name).splitlines() if line.strip())


@cache
def lines_by_key(name: str) -> Mapping[str, str]:
    """Return the lines `key: sentence` of a prompt file as a mapping."""
    return dict(line.split(": ", 1) for line in _text(name).splitlines() if ": " in line)


@cache
def advice(name: str) -> Mapping[str, str]:
    """Return what to do about each filter's rejection; `other` is for filters without a line."""
    found = lines_by_key(name)
    if "other" not in found:
        raise UserMistake(
            f"prompts/{name}.txt has no line `other: …`; add one for filters without a line"
        )
    return found


def reason_with_advice(name: str, verdict: Verdict) -> str:
    """Return the reason of a rejection and what to do about it."""
    found = advice(name)
    return f"{verdict.reason}\n{found.get(verdict.filter, found['other'])}"


@cache
def load_prompt(name: str) -> Prompt:
    """Read the prompt file of that name. Raises UserMistake if it lacks a part."""
    text = _text(name)
    system, rule, user = text.partition("\n---\n")
    if not rule:
        raise UserMistake(
            f"prompts/{name}.txt has no line `---`; put one between its system and its user part"
        )
    return Prompt(name, system.strip(), user.strip(), digest(text))
