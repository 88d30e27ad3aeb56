"""What Presidio recognises beyond that: identity numbers by their patterns; names of persons and places with a spaCy model."""

import logging
from collections.abc import Iterator, Sequence

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from factory.core.errors import UserMistake
from factory.documents.pii.findings import Find, Finding

NAMED = ("person", "location", "nrp")  # what needs a model: persons, places, nationalities and the like
PIECE = 100_000  # characters that the model reads at once; spaCy refuses a million
SURE = 0.4  # of Presidio's scores: a pattern that fits other numbers too has this only with a word like "passport" near it
OWN = {"email_address", "phone_number", "credit_card", "iban_code"}  # these are found by finders.py
NOT_PERSONAL = {"date_time", "url"}


def recognised(kinds: Sequence[str], model: str | None) -> Find:
    """`kinds`: Presidio's entities in small letters. Raises UserMistake where it knows one not, or needs a model."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # it would tell of every recogniser that it leaves out
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    known = {entity.lower() for one in registry.recognizers for entity in one.supported_entities} - OWN - NOT_PERSONAL
    if odd := next((kind for kind in kinds if kind not in known), None):
        told = ", ".join(sorted({"email", "phone", "card", "iban", *known}))
        raise UserMistake(f'documents.personal_data: "{odd}" is no kind of personal data, must be one of {told}')
    if not model and (named := next((kind for kind in kinds if kind in NAMED), None)):
        such = 'such as "en_core_web_sm" after  python -m spacy download en_core_web_sm'
        raise UserMistake(f"documents.personal_data: {named} needs documents.personal_model, a spaCy model {such}")
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=_engine(model), supported_languages=["en"])
    entities = [kind.upper() for kind in kinds]

    def find(text: str) -> Iterator[Finding]:
        for start, piece in _cut(text):
            for result in analyzer.analyze(piece, language="en", entities=entities, score_threshold=SURE):
                value = " ".join(piece[result.start : result.end].casefold().split())
                yield Finding(start + result.start, start + result.end, result.entity_type.lower(), value)

    return find


def _engine(model: str | None) -> SpacyNlpEngine:
    """With the model, or only with what tells words apart. Nothing is fetched."""
    engine = SpacyNlpEngine()
    try:
        vars(engine)["nlp"] = {"en": spacy.load(model) if model else _words_alone()}  # it says of itself that it is None
    except OSError as error:
        raise UserMistake(f'documents.personal_model: "{model}" is no spaCy model that is installed, must be one or a folder') from error
    return engine


def _words_alone() -> Language:
    language = spacy.blank("en")
    language.add_pipe("docstill_lemmas")
    return language


@Language.component("docstill_lemmas")
def _lemmas(doc: Doc) -> Doc:
    """Presidio looks for words such as "passport" near a number by their lemmas."""
    for token in doc:
        token.lemma_ = token.lower_
    return doc


def _cut(text: str) -> Iterator[tuple[int, str]]:
    """Pieces of whole paragraphs, as far as paragraphs are short enough, with their places."""
    start = 0
    while start < len(text):
        end = min(start + PIECE, len(text))
        if end < len(text) and (gap := text.rfind("\n\n", start, end)) > start:
            end = gap
        yield start, text[start:end]
        start = end
