"""Find and break up control tokens in texts, such as <|im_end|>, which servers would obey."""

import re
from collections.abc import Iterable

# Marks of turns, thoughts, tools and ends in the templates of common students and servers.
CONTROL = re.compile(
    r"<\|[^\s<>|]{1,40}\|>"  # ChatML, Llama 3, Phi, GPT
    r"|<｜[^\s<>]{1,60}｜>"  # DeepSeek
    r"|<\|[a-z_]{1,40}>|<[a-z_]{1,40}\|>"  # Gemma 4
    r"|</?s>|<(?:bos|eos|pad|unk|mask|cls|sep|eop|eod|eot)>"
    r"|<(?:start|end)_of_[a-z]{1,20}>"
    r"|<end_of_utterance>|<extra_id_\d+>|<image_soft_token>|<mask:\d+>"
    # Gemma, Baichuan, Mistral, InternLM.
    r"|<(?:unused|reserved_|SPECIAL_)\d+>|\[UNUSED_TOKEN_\d+\]"
    r"|<(?:BOS|EOS|PAD|UNK|CLS|SEP|MASK|EOP|EOD)(?:_TOKEN)?>"  # Cohere
    r"|<seed:[a-z_]{1,40}>|<fim_[a-z]{1,20}>"  # Seed
    r"|\[\|/?[a-z_]{1,40}\|\]|\]~!?b\[|\]~b\]|\[e~\["  # EXAONE, MiniMax
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT"
    r"|THINK|IMG|PREFIX|SUFFIX|MIDDLE)\]"
    r"|\[gMASK\]|<sop>"
    r"|<</?SYS>>"
    r"|</?(?:think|tool_call|tool_response|tools|function_call)>"
)


def break_control_tokens(text: str) -> str:
    """Put a space into every control token, so that tokenizers read words: < |im_end|>."""
    return CONTROL.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def restore_control_tokens(text: str, sent: Iterable[str]) -> str:
    """Restore the control tokens of the sent texts that a reply repeats broken up."""
    for token in dict.fromkeys(found[0] for one in sent for found in CONTROL.finditer(one)):
        text = text.replace(break_control_tokens(token), token)
    return text
