"""Find further personal data with Presidio: identity numbers, and names with a spaCy model."""

import logging
from collections.abc import Iterator, Sequence

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from factory.core.errors import UserMistake
from factory.documents.pii.findings import PiiFinder, PiiFinding

# Only a spaCy model finds these.
NEEDS_MODEL = (
    "person",
    "location",
    "nrp",
)
MAX_PIECE = 100_000  # characters that the model reads at once; spaCy refuses a million
# Of Presidio's scores: an ambiguous pattern only reaches it near a word like "passport".
MIN_SCORE = 0.4
# These are found by finders.py.
FOUND_WITHOUT_PRESIDIO = {
    "email_address",
    "phone_number",
    "credit_card",
    "iban_code",
}
NOT_PERSONAL = {"date_time", "url"}


def presidio_finder(kinds: Sequence[str], model: str | None) -> PiiFinder:
    """Return a finder for `kinds`, Presidio's entities in small letters.

    Raises UserMistake if Presidio does not know one, or one needs a model and there is none.
    """
    # It would report every recogniser that it leaves out.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    known = (
        {entity.lower() for one in registry.recognizers for entity in one.supported_entities}
        - FOUND_WITHOUT_PRESIDIO
        - NOT_PERSONAL
    )
    if odd := next((kind for kind in kinds if kind not in known), None):
        kinds_known = ", ".join(sorted({"email", "phone", "card", "iban", *known}))
        raise UserMistake(
            f'documents.personal_data: "{odd}" is not a known kind of personal data, '
            f"must be one of {kinds_known}"
        )
    if not model and (named := next((kind for kind in kinds if kind in NEEDS_MODEL), None)):
        raise UserMistake(
            f"documents.personal_data: {named} needs a spaCy model; run  "
            "python -m spacy download en_core_web_sm  and set "
            'documents.personal_model = "en_core_web_sm"'
        )
    analyzer = AnalyzerEngine(
        registry=registry, nlp_engine=_engine(model), supported_languages=["en"]
    )
    entities = [kind.upper() for kind in kinds]

    def find(text: str) -> Iterator[PiiFinding]:
        for start, piece in _split_paragraphs(text):
            for result in analyzer.analyze(
                piece, language="en", entities=entities, score_threshold=MIN_SCORE
            ):
                value = " ".join(piece[result.start : result.end].casefold().split())
                yield PiiFinding(
                    start + result.start, start + result.end, result.entity_type.lower(), value
                )

    return find


def _engine(model: str | None) -> SpacyNlpEngine:
    """Return an engine with the model, or one that only splits words. Downloads nothing."""
    engine = SpacyNlpEngine()
    try:
        # Its type declares None.
        vars(engine)["nlp"] = {"en": spacy.load(model) if model else _blank_model()}
    except OSError as error:
        raise UserMistake(
            f'documents.personal_model: "{model}" is not an installed spaCy model, '
            "must be the name of one or a folder"
        ) from error
    return engine


def _blank_model() -> Language:
    language = spacy.blank("en")
    language.add_pipe("docstill_lemmas")
    return language


@Language.component("docstill_lemmas")
def _lemmas(doc: Doc) -> Doc:
    """Presidio looks for words such as "passport" near a number by their lemmas."""
    for token in doc:
        token.lemma_ = token.lower_
    return doc


def _split_paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Yield pieces of whole paragraphs, if these are short enough, with their offsets."""
    start = 0
    while start < len(text):
        end = min(start + MAX_PIECE, len(text))
        if end < len(text) and (gap := text.rfind("\n\n", start, end)) > start:
            end = gap
        yield start, text[start:end]
        start = end
