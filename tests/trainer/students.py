"""The students of the presets: their true shapes, and tiny ones of the same classes."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

TINY: dict[str, object] = {
    "hidden_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 192,
    "vocab_size": 64,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
}
DELTA = {"linear_num_key_heads": 2, "linear_num_value_heads": 4, "linear_key_head_dim": 16, "linear_value_head_dim": 16}


def _sizes(*numbers: int) -> dict[str, int]:
    names = ("hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size")
    return dict(zip(names, numbers, strict=True))


# model type, what the class needs beside its sizes, the sizes of the config.json on the hub, and the number of weights there
SHAPES: dict[str, tuple[str, dict[str, object], dict[str, int], float]] = {
    "SmolLM2-135M": ("llama", {"tie_word_embeddings": True}, _sizes(576, 30, 9, 3, 1536, 49152), 134.5e6),
    "Qwen2.5-3B": ("qwen2", {"tie_word_embeddings": True}, _sizes(2048, 36, 16, 2, 11008, 151936), 3.09e9),
    "Qwen3-4B": ("qwen3", {"tie_word_embeddings": True, "head_dim": 128}, _sizes(2560, 36, 32, 8, 9728, 151936), 4.02e9),
    "Qwen3.5-9B": ("qwen3_5_text", {"head_dim": 256}, _sizes(4096, 32, 16, 4, 12288, 248320), 8.95e9),
    "Gemma-2-9B": ("gemma2", {"tie_word_embeddings": True, "head_dim": 256}, _sizes(3584, 42, 16, 8, 14336, 256000), 9.24e9),
    "Llama-3.x-8B": ("llama", {}, _sizes(4096, 32, 32, 8, 14336, 128256), 8.03e9),
    "Phi-4-mini": ("phi3", {"tie_word_embeddings": True, "pad_token_id": 0}, _sizes(3072, 32, 24, 8, 8192, 200064), 3.84e9),
}


def true(name: str) -> "PreTrainedConfig":
    from transformers import AutoConfig

    model_type, further, sizes, _ = SHAPES[name]
    return AutoConfig.for_model(model_type, **further, **sizes)


def tiny(name: str) -> "PreTrainedConfig":
    from transformers import AutoConfig

    model_type, further, _, _ = SHAPES[name]
    narrow = {"head_dim": 16} if "head_dim" in further else {}
    return AutoConfig.for_model(model_type, **{**TINY, **further, **narrow, **(DELTA if model_type == "qwen3_5_text" else {})})


def causal(config: "PreTrainedConfig") -> "PreTrainedModel":
    """With random weights; soft caps only where attention is plain, which is what a student with them is trained with."""
    from transformers import AutoModelForCausalLM

    plain = "eager" if getattr(config, "attn_logit_softcapping", None) else "sdpa"
    return cast("PreTrainedModel", AutoModelForCausalLM.from_config(config, attn_implementation=plain))  # type: ignore[no-untyped-call]
