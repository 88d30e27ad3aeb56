"""Control tokens of chat models as they may stand in a text, such as <|im_end|>: found, and broken up for servers that would obey them."""

import re
from collections.abc import Iterable

# The marks of turns, thoughts, tools and ends in the templates of common students and servers.
CONTROL = re.compile(
    r"<\|[^\s<>|]{1,40}\|>"  # ChatML, Llama 3, Phi, GPT
    r"|<｜[^\s<>]{1,60}｜>"  # DeepSeek
    r"|<\|[a-z_]{1,40}>|<[a-z_]{1,40}\|>"  # Gemma 4
    r"|</?s>|<(?:bos|eos|pad|unk|mask|cls|sep|eop|eod|eot)>"
    r"|<(?:start|end)_of_[a-z]{1,20}>"
    r"|<end_of_utterance>|<extra_id_\d+>|<image_soft_token>|<mask:\d+>"
    r"|<(?:unused|reserved_|SPECIAL_)\d+>|\[UNUSED_TOKEN_\d+\]"  # Gemma, Baichuan, Mistral, InternLM
    r"|<(?:BOS|EOS|PAD|UNK|CLS|SEP|MASK|EOP|EOD)(?:_TOKEN)?>|<seed:[a-z_]{1,40}>|<fim_[a-z]{1,20}>"  # Cohere, Seed
    r"|\[\|/?[a-z_]{1,40}\|\]|\]~!?b\[|\]~b\]|\[e~\["  # EXAONE, MiniMax
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|THINK|IMG|PREFIX|SUFFIX|MIDDLE)\]"
    r"|\[gMASK\]|<sop>"
    r"|<</?SYS>>"
    r"|</?(?:think|tool_call|tool_response|tools|function_call)>"
)


def broken_up(text: str) -> str:
    """The text with a space inside every control token, so that a server's tokenizer reads words: < |im_end|>."""
    return CONTROL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def mended(text: str, sent: Iterable[str]) -> str:
    """A reply with the control tokens of the texts that were sent as they were, where it repeats them broken up."""
    for token in dict.fromkeys(found[0] for one in sent for found in CONTROL.finditer(one)):
        text = text.replace(broken_up(token), token)
    return text
