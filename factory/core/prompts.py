"""Prompt files: a system part, `---`, a user part, `$name` placeholders; a missing or an unused name is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from string import Template

from factory.core.errors import UserMistake
from factory.core.records import Verdict, digest


@dataclass(frozen=True)
class Prompt:
    """One prompt file; `digest` names its exact words."""

    name: str
    system: str
    user: str
    digest: str

    @cached_property
    def names(self) -> frozenset[str]:
        """Of the placeholders."""
        return frozenset(n for part in (self.system, self.user) for n in Template(part).get_identifiers())

    def fill(self, **names: str) -> tuple[str, str]:
        """System and user text. Raises UserMistake where the names given are not those that the file uses."""
        if names.keys() != self.names:
            odd = sorted(self.names ^ names.keys())
            raise UserMistake(f"prompts/{self.name}.txt: ${odd[0]} must stand in the file and be given, one of them is missing")
        return Template(self.system).substitute(names), Template(self.user).substitute(names).strip()


def _text(name: str) -> str:
    return files("prompts").joinpath(f"{name}.txt").read_text(encoding="utf-8")


@cache
def words(name: str) -> str:
    """A prompt file without parts or placeholders: a sentence that is written as it stands."""
    return _text(name).strip()


@cache
def words_digest(name: str) -> str:
    """Names the exact words of a prompt file."""
    return digest(_text(name))


@cache
def lines_of(name: str) -> tuple[str, ...]:
    """The lines of a prompt file of which each is a wording of its own."""
    return tuple(line for line in _text(name).splitlines() if line.strip())


@cache
def lines_by_key(name: str) -> Mapping[str, str]:
    """The lines `key: sentence` of a prompt file."""
    return dict(line.split(": ", 1) for line in _text(name).splitlines() if ": " in line)


@cache
def advice(name: str) -> Mapping[str, str]:
    """What to do about each filter's rejection: the lines `filter: sentence` of a prompt file; `other` is for those it does not name."""
    found = lines_by_key(name)
    if "other" not in found:
        raise UserMistake(f"prompts/{name}.txt: must have a line for each filter, filter: what to do, and one for other")
    return found


def advised(name: str, verdict: Verdict) -> str:
    """The reason of a rejection, and what to do about it."""
    found = advice(name)
    return f"{verdict.reason}\n{found.get(verdict.filter, found['other'])}"


@cache
def prompt(name: str) -> Prompt:
    """The prompt file of that name."""
    text = _text(name)
    system, rule, user = text.partition("\n---\n")
    if not rule:
        raise UserMistake(f"prompts/{name}.txt: must have a system part, a line ---, and a user part")
    return Prompt(name, system.strip(), user.strip(), digest(text))
