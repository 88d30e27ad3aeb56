"""Texts of messages in tokens: a control token that stands in one, such as <|im_end|>, becomes words and no token of its own."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from secrets import token_hex
from typing import NamedTuple, cast

from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend
from transformers import PreTrainedTokenizerBase as Tokenizer

from factory.core.control_tokens import CONTROL
from factory.core.errors import UserMistake

# Noncharacters of Unicode, which no document holds: what stands between them is a control token's number.
SHIELD = "\ufdd0"
NAME = f"\ufdd1{token_hex(8)}"  # of a template's own control token: nobody can write it into a text
_SHIELDED = re.compile(f"{SHIELD}(\\d+){SHIELD}")


class Unfit(UserMistake):
    """A row that the student's template or tokenizer cannot take as it is meant."""


class Controls(NamedTuple):
    """A tokenizer's control tokens, with the shield's own sign last."""

    ids: Mapping[str, int]
    texts: tuple[str, ...]
    found: re.Pattern[str]
    own: re.Pattern[str]


class _Plain(NamedTuple):
    """A copy of a tokenizer in which control tokens have other names, and its ids for them."""

    backend: Backend
    ids: Mapping[int, int]  # of the copy to the tokenizer's own


def controls(tokenizer: Tokenizer) -> Controls:
    return _controls(tokenizer, str(tokenizer.chat_template))


@lru_cache(maxsize=8)
def _controls(tokenizer: Tokenizer, template: str) -> Controls:
    """Special tokens, and added ones that the template writes or that look like a control token (<think> of Qwen is not special)."""
    added = {one.content: (id, one.special) for id, one in tokenizer.added_tokens_decoder.items()}
    ids = {
        text: id
        for text, (id, special) in added.items()
        if text.strip() and (special or _written(text, template))
    }
    special = tokenizer.all_special_tokens
    ids |= {
        text: cast(int, tokenizer.convert_tokens_to_ids(text)) for text in special if text.strip()
    }
    own = _any_of(ids)
    return Controls(ids, (*ids, SHIELD), _any_of((*ids, SHIELD)), own)


def _written(text: str, template: str) -> bool:
    return CONTROL.fullmatch(text) is not None or (text in template and not text.isalnum())


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """The longest first, as tokenizers find them."""
    longest = sorted(texts, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest)) or r"(?!)")


def shielded(text: str, tokenizer: Tokenizer) -> str:
    """The text with a number in place of each control token, so that a template's own can be told from them."""
    known = controls(tokenizer)
    return known.found.sub(lambda one: f"{SHIELD}{known.texts.index(one[0])}{SHIELD}", text)


def holds_controls(messages: Iterable[Mapping[str, str]], tokenizer: Tokenizer) -> bool:
    return any(SHIELD in shielded(one["content"], tokenizer) for one in messages)


def token_ids(shown: str, tokenizer: Tokenizer) -> list[int]:
    """Tokens of what was rendered of shielded texts; the control tokens among them are the template's own. Raises Unfit."""
    known = controls(tokenizer)
    if SHIELD not in shown:
        ids = cast(list[int], tokenizer(shown, add_special_tokens=False)["input_ids"])
        _no_further(ids, known, shown, tokenizer)
        return ids
    plain = _plain(tokenizer, str(tokenizer.chat_template))
    order = {text: place for place, text in enumerate(known.texts)}
    named = known.own.sub(lambda one: f"{NAME}{order[one[0]]}{NAME}", shown)
    text = _SHIELDED.sub(lambda one: known.texts[int(one[1])], named)
    ids = [plain.ids.get(id, id) for id in plain.backend.encode(text, add_special_tokens=False).ids]
    counted = set(known.ids.values()) - {tokenizer.unk_token_id}
    if sum(id in counted for id in ids) != sum(
        known.ids[one] in counted for one in known.own.findall(shown)
    ):
        raise Unfit(
            "its text holds a control token of the student, and the student's tokenizer cannot read it as words"
        )
    return ids


def _no_further(ids: Iterable[int], known: Controls, shown: str, tokenizer: Tokenizer) -> None:
    """Some tokenizers find control tokens in a text that they have rewritten first (full-width signs, capitals). Raises Unfit."""
    counted = set(known.ids.values()) - {tokenizer.unk_token_id}
    if sum(id in counted for id in ids) > len(known.own.findall(shown)):
        raise Unfit("its text becomes a control token of the student in another spelling")


@lru_cache(maxsize=2)
def _plain(tokenizer: Tokenizer, template: str) -> _Plain:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Backend):
        raise Unfit(
            "its text holds a control token of the student, and the student has no fast tokenizer that could read it as words"
        )
    order = {text: place for place, text in enumerate(_controls(tokenizer, template).texts)}
    told = json.loads(backend.to_str())
    told |= {"added_tokens": [], "post_processor": None, "truncation": None, "padding": None}
    copy, ids = Backend.from_str(json.dumps(told)), dict[int, int]()
    for id, one in sorted(tokenizer.added_tokens_decoder.items()):
        name = f"{NAME}{order[one.content]}{NAME}" if one.content in order else one.content
        kept = {
            "lstrip": one.lstrip,
            "rstrip": one.rstrip,
            "normalized": one.normalized,
            "single_word": one.single_word,
        }
        copy.add_tokens([AddedToken(name, special=one.special, **kept)])
        ids[cast(int, copy.token_to_id(name))] = id
    return _Plain(copy, ids)
