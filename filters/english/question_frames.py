"""Remove phrases around a question such as "Could you tell me: …", and unify its question words.

Such a frame says nothing about what is asked. It is recognised by the way its words are combined;
in doubt it is left in.
"""

import re

MAX_QUESTION_FRAMES = 3  # frames of one question: Hello, I have a question: do you know how …
MIN_WORDS_LEFT = 2  # words that must remain

_IDLE = (
    r"(?:(?:please|kindly|just|really|also|perhaps|maybe|possibly|quickly|briefly|very much"
    r"|happen to|still|now|first) )*"
)
_REST = (
    r"(?: (?:please|kindly|briefly|again|this|that|it|something|one thing|the following"
    r"|the answer|about (?:this|that|it)))*"
)
_QUESTION = (
    r"(?:(?:the|this|that|my|our|one|an?|another|following|quick|short|simple|brief|small"
    r"|general|last|further) )*questions?"
)
_ME = r"(?:(?: (?:to|for|with))? (?:me|us|you))?"
_LEARN = (
    r"(?:know|ask|understand|learn|hear|find out|be told|be (?:sure|certain)|make sure"
    r"|clarify|confirm|check|inquire|enquire)"
)
_TELL = (
    r"(?:tell|remind|inform|explain|say|clarify|state|answer|let (?:me|us) know|help|ask"
    r"|inquire|enquire)"
)
_WISH = rf"(?:wants?|needs?|would like|wish(?:es)?) to {_LEARN}"
_FRIEND = (
    r"(?:some(?:one|body)|people|(?:an?|my|our|one of (?:my|our)|another|some) (?:colleague"
    r"|co-?worker|friend)s?)"
)
_ANYBODY = (
    r"(?:some(?:one|body)|people|every(?:one|body)|(?:an?|the|my|our|one of (?:my|our|the)"
    r"|another|some|several)(?: [\w'’-]+){1,4}?)"
)
_WH = r"(?:how|what|which|who|whom|whose|when|where|why)\b"
_LED = rf"(?:[a-z]+ ){{0,2}}{_WH}"  # within how many, up to which
_AUX = (
    r"(?:is|are|was|were|do|does|did|has|have|had|may|can|could|must|shall|should|will|would"
    r"|might)\b"
)

# A pause must follow these.
_COURTESY = (
    r"(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day))(?: \w+)?",
    r"(?:thanks|thank you|sorry|excuse me|pardon(?: me)?)(?: (?:in advance|very much|a lot"
    r"|to ask(?: again)?))?",
    r"please|kindly|okay|ok|so|well",
    r"if (?:i|we) (?:may|might|can|could)(?: ask)?|if you (?:please|don[’']t mind(?: my asking)?"
    r"|can|could|know|happen to know)",
    r"(?:just |only )?to (?:be|make|get) (?:(?:quite|really|absolutely|perfectly|doubly"
    r"|very) )?(?:sure|certain|clear)",
    r"(?:just|only) (?:to|so (?:that )?(?:i|we)(?: can)?) (?:confirm|check|clarify|verify"
    r"|understand|know|ask)(?: (?:this|that|it|again))?",
    r"(?:just )?out of (?:\w+ )?(?:curiosity|interest)|by the way|for the avoidance of (?:all "
    r"|any )?doubt|for clarity",
    r"(?:just )?for (?:my|our) (?:own )?(?:information|understanding|interest)",
    rf"(?:(?:i|we) have |there is |here(?: is|[’']s) |just |and |now )?{_QUESTION}(?: (?:for"
    r"|from) (?:you|me|us))?",
    rf"{_IDLE}(?:answer|consider|address|respond to|reply to|help (?:me|us) with) (?:{_QUESTION}"
    r"|the following|this)(?: for (?:me|us))?",
)
# A pause or the question itself must follow these: Do you know how …
_ASKING = (
    rf"{_IDLE}(?:can|could|would|will|might|may) (?:you|any(?:one|body)|some(?:one|body)|i"
    rf"|we) {_IDLE}{_TELL}{_ME}{_REST}",
    rf"{_IDLE}(?:tell|remind|let) (?:me|us)(?: know)?{_REST}",
    rf"(?:i|we)(?: would|[’']d| should)? {_IDLE}(?:like|love|want|need|wish|am trying"
    rf"|are trying) to {_IDLE}{_LEARN}{_ME}{_REST}",
    r"(?:i|we)(?: am|[’']m| are|[’']re| was| were) (?:just |only )?(?:not (?:quite )?sure|unsure"
    r"|wondering|curious|asking)(?: to know)?",
    r"(?:i|we) (?:just |also |often )?(?:wonder(?:ed)?|(?:don[’']t|do not) (?:really )?know)",
    rf"(?:do|does|would|might) (?:you|any(?:one|body)|some(?:one|body)) {_IDLE}(?:know|remember"
    rf"|recall|have any idea){_REST}",
    r"(?:is|would) it (?:be )?possible to (?:know|tell (?:me|us)|ask)|any idea"
    r"|would you mind (?:telling|reminding) (?:me|us)",
    rf"{_FRIEND} {_WISH}{_REST}",
)
# A colon, or a comma and a question word, must follow these: "The driver asks whom?" and "The
# driver asks, in case of delay, whom?" are not frames.
_OF_OTHERS = (
    rf"{_ANYBODY} {_WISH}{_REST}",
    rf"{_ANYBODY} (?:(?:has |have )?ask(?:s|ed)?|(?:is|are|was) (?:asking|wondering)|wonders?"
    rf"|(?:has|have) {_QUESTION}){_ME}{_REST}",
)
_PAUSE = r" ?(?:[,:;!.…–—-]+) +"
_IF = r"(?:(?:whether|if) )?"


def _of(ways: tuple[str, ...]) -> str:
    return f"(?:{'|'.join(ways)})"


_FRAME = re.compile(
    (
        rf" *(?:{_of(_COURTESY)}{_PAUSE}|{_of(_ASKING)}(?:{_PAUSE}{_IF}| (?:(?:whether|if) "
        rf"|(?={_LED})))"
        rf"|(?P<other>{_of(_OF_OTHERS)})(?: ?[:;–—] *{_IF}|, (?={_LED}|{_AUX})))"
    ).replace(" ", r"\s"),
    re.I,
)
_ASKED = re.compile(rf"[^?？؟]*[?？؟]|\s*(?:{_LED}|{_AUX})".replace(" ", r"\s"), re.I)
_REFERS = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|theirs?)\b", re.I)

_WORDS = {
    "how many": r"(?:what|which)(?: is the)? (?:number|count) of|how great a number of",
    "how much": r"(?:what|which)(?: is the)? (?:amount|quantity|sum) of",
    "how often": r"how frequently|(?:at|in) (?:what|which) (?:interval|intervals)|with (?:what"
    r"|which) frequency",
    "how long": r"for how (?:long|much time)|for (?:what|which) (?:length|period) of time"
    r"|how much time",
    "where": r"(?:at|in) (?:what|which) (?:place|location)",
    "when": r"at (?:what|which) (?:point in )?(?:time|moment)",
    "who": r"(?:what|which) (?:person|people|individual)",
    "why": r"for (?:what|which) reason",
    "how": r"in (?:what|which) (?:way|manner)",
}
_WORDED = re.compile(
    rf"\b(?:{'|'.join(f'({found})' for found in _WORDS.values())})\b".replace(" ", r"\s"), re.I
)
# Every word of these phrases.
QUESTION_PHRASE_WORDS = frozenset(
    re.findall(r"[a-z]{2,}", " ".join((*_WORDS, *_WORDS.values())).replace("?", " "))
)


def normalize_question(text: str) -> str:
    """Return the question without its frames and with uniform question words.

    For example, "what number of" becomes "how many".
    """
    return _WORDED.sub(lambda m: [*_WORDS][(m.lastindex or 1) - 1], strip_frames(text))


def strip_frames(text: str) -> str:
    """Return the question without its frames; a text that asks nothing stays as it is."""
    for _ in range(MAX_QUESTION_FRAMES):
        found = _FRAME.match(text)
        if not found or not _idle(found, rest := text[found.end() :]):
            break
        text = rest
    return text


def _idle(frame: re.Match[str], rest: str) -> bool:
    """Return whether the rest of the question can be understood without the frame.

    The rest may need the frame to know who "they" are.
    """
    asked = _ASKED.match(rest) or frame.group().casefold().endswith((" if ", " whether "))
    return (
        len(rest.split()) >= MIN_WORDS_LEFT
        and bool(asked)
        and not (frame["other"] and _REFERS.search(rest))
    )
