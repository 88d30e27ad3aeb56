"""Detect a text's language, and whether it differs from the language of its source.

It is judged by script and by common function words.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from filters.text.segment import text_cache

MAX_LETTERS_READ = 4000  # letters; reading more does not change the language
MIN_SCRIPT_LETTERS = 4  # letters; fewer don't show a script: "km", "Ω"
# A text is foreign if this share of its letters belongs to a script that makes up less than
# RARE_SCRIPT_SHARE of its source.
FOREIGN_SCRIPT_SHARE = 0.6
RARE_SCRIPT_SHARE = 0.05
MIN_FUNCTION_WORDS = 3  # different function words that identify a language

_ASCII_LETTERS = re.compile(r"[A-Za-z]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
# Most sentences contain one of these words; a word that two languages share counts for both.
_FUNCTION = {
    language: frozenset(spelled.split())
    for language, spelled in {
        "English": "the of and to in is are was be for with that which on by must may not from "
        "or an as at this it has who what how when",
        "German": "der die das und ist sind den dem des ein eine einer nicht mit von für auf "
        "wird werden zu im bei oder wie wer dass muss",
        "French": "le la les des du et est sont un une dans pour que qui par sur avec au aux ne "
        "pas ou doit quel quelle il elle ce cette",
        "Spanish": "el la los las de del y es son un una en para que por con se no al o debe su "
        "lo como cuando qué quién cuál",
        "Italian": "il lo la gli le di del della e è sono un una in per che con si non al o deve "
        "nel dei delle come quando",
        "Portuguese": "o os as de do da dos das e é são um uma em para que por com se não ao ou "
        "deve no na como quando",
        "Dutch": "de het een en is zijn van in voor met dat die op niet door aan of moet wordt "
        "worden bij wie wat hoe",
        "Swedish": "och att det som en ett är av för på med den till inte om har eller ska kan "
        "vid de hur vem",
        "Polish": "i w na z do jest są nie się o za po od przez dla oraz lub który jak kto musi "
        "może",
    }.items()
}

# ISO 639-1 codes of the languages above and of scripts that only one language uses.
_CODES = {
    **{
        "English": "en",
        "German": "de",
        "French": "fr",
        "Spanish": "es",
        "Italian": "it",
        "Portuguese": "pt",
        "Dutch": "nl",
    },
    **{
        "Swedish": "sv",
        "Polish": "pl",
        "Greek": "el",
        "Hangul": "ko",
        "Thai": "th",
        "Hebrew": "he",
        "Georgian": "ka",
        "Armenian": "hy",
    },
}
_KANA = re.compile(r"[\u3040-\u30ff]")


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language that a text begins in.

    Returns "" if neither its script nor its function words identify the language.
    """
    text = text[:MAX_LETTERS_READ]
    scripts = _scripts(text)
    if not scripts:
        return ""
    script, count = scripts.most_common(1)[0]
    if count < FOREIGN_SCRIPT_SHARE * scripts.total():
        return ""
    if script == "Chinese or Japanese":
        return "ja" if _KANA.search(text) else "zh"
    return _CODES.get(_language(text) if script == "Latin" else script, "")


def language_mismatch(text: str, source: str) -> str:
    """Return the script or language of a text if its source has another one, else "".

    Returns "" for texts that are too short to tell, too.
    """
    mine = _scripts(text)
    if mine.total() < MIN_SCRIPT_LETTERS:
        return ""
    theirs = _scripts(source)
    script, count = mine.most_common(1)[0]
    if (
        count >= FOREIGN_SCRIPT_SHARE * mine.total()
        and theirs[script] < RARE_SCRIPT_SHARE * theirs.total()
    ):
        return script
    return _other_function_words(text, source) if script == "Latin" else ""


def _other_function_words(text: str, source: str) -> str:
    language, known = _language(source), _function_words(text)
    if not language:
        return ""
    other, count = known.most_common(1)[0]
    return other if count >= MIN_FUNCTION_WORDS and count > 2 * known[language] else ""


@text_cache
def _language(source: str) -> str:
    """Return the language whose function words are clearly the most frequent in the source."""
    (first, most), (_, next_most) = _function_words(source[:MAX_LETTERS_READ]).most_common(2)
    return first if most >= MIN_FUNCTION_WORDS and most > 1.3 * next_most else ""


def is_english(text: str) -> bool:
    """Return whether rules of English grammar may judge the text.

    That is so unless its script or its function words point to another language.
    """
    scripts = _scripts(text)
    if scripts["Latin"] < FOREIGN_SCRIPT_SHARE * scripts.total():
        return False
    known = _function_words(text)
    other, count = known.most_common(1)[0]
    return other == "English" or count < 2 or count <= known["English"]


@text_cache
def _function_words(text: str) -> Counter[str]:
    found = {w.casefold() for w in _WORD.findall(text)}
    return Counter({language: len(words & found) for language, words in _FUNCTION.items()})


@text_cache
def _scripts(text: str) -> Counter[str]:
    """Count the letters of each script.

    Chinese and Japanese count as one script, as they share most of their letters.
    """
    text = text[:MAX_LETTERS_READ]
    counts = Counter(_script(c) for c in _BEYOND_ASCII.findall(text) if c.isalpha())
    counts["Latin"] += sum(len(run) for run in _ASCII_LETTERS.findall(text))
    return +counts


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").split(" ")[0]
    if name in ("CJK", "HIRAGANA", "KATAKANA"):
        return "Chinese or Japanese"
    return (
        "Latin"
        if name in ("LATIN", "FULLWIDTH", "FEMININE", "MASCULINE", "MICRO")
        else name.capitalize()
    )
