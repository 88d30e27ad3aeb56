"""Files and commands that serve a student: Ollama's Modelfile, vLLM's command, and those of other tools."""

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from factory.models.modelfile import quoted, quoted_stop

# vLLM's --max-lora-rank takes these alone (vllm/config/lora.py, MaxLoRARanks).
RANKS = (8, 16, 32, 64, 128, 256, 320, 512)

UNKNOWN = (
    "No TEMPLATE stands here, as the GGUF carries its own. Ollama looks that one up among those that it knows: where",
    "`ollama show --template student` says only {{ .Prompt }}, it knew none, and llama-server is the way to serve the file.",
)


def modelfile(gguf: str, stops: Sequence[str], context: int, system: str | None, template: str = "") -> str:
    """Without a TEMPLATE, Ollama looks up the one that the GGUF carries. Keys after Ollama's docs/modelfile.md.

    Raises UserMistake for a system message that a Modelfile can't hold.
    """
    lines = [
        *(f"# {line}" for line in UNKNOWN if not template),
        f"FROM {gguf}",
        *([f"TEMPLATE {quoted(template, 'the chat template')}"] if template else []),
        "PARAMETER temperature 0",
        f"PARAMETER num_ctx {context}",
        *(f"PARAMETER stop {quoted_stop(one)}" for one in stops),
        *([f"SYSTEM {quoted(system, '[student] system')}"] if system else []),
    ]
    return "\n".join(lines) + "\n"


def rank_for(rank: int) -> int:
    """The smallest that vLLM admits and that holds the adapter's; the largest where none does, and vLLM says so itself."""
    return next((one for one in RANKS if one >= rank), RANKS[-1])


def vllm_adapter(base: str, adapter: str, rank: int, length: int) -> str:
    """`adapter` is a folder; it is asked for as the model "student"."""
    return _command(
        f"vllm serve {base}",
        "--enable-lora",
        f"--lora-modules student={adapter}",
        f"--max-lora-rank {rank_for(rank)}",
        f"--chat-template {adapter}/chat_template.jinja",
        *_alike(length),
    )


def vllm_merged(folder: str, length: int) -> str:
    return _command(f"vllm serve {folder}", "--served-model-name student", *_alike(length))


def quantise_script(length: int) -> str:
    """For the merged folder: a 4-bit model by GPTQ or AWQ."""
    text = files("factory.export").joinpath("quantise.txt").read_text(encoding="utf-8")
    return Template(text).substitute(length=length)


def other_tools(form: str, base: str) -> dict[str, str]:
    """What else reads a form, by the words that say what for; in its folder."""
    of = "pretrained=." if form == "merged" else f"pretrained={base},peft=."
    scores = f"lm_eval --model hf --model_args {of},dtype=auto --tasks arc_easy,hellaswag --apply_chat_template --batch_size auto"
    if form == "adapter":
        return {"public benchmarks (lm-eval)": scores}
    return {
        "4 bit for vLLM, calibrated by the rows of the run (llmcompressor; gptq or awq)": "python quantise.py gptq RUN/train.jsonl ../gptq",
        "Apple silicon, 4 bit (mlx-lm)": "mlx_lm.convert --model . --mlx-path ../mlx -q --q-bits 4",
        "public benchmarks (lm-eval)": scores,
    }


def _alike(length: int) -> tuple[str, ...]:
    """Greedy, as the student was measured, whatever the base's own generation settings say."""
    return (f"--max-model-len {length}", "--override-generation-config '{\"temperature\": 0}'")


def _command(*parts: str) -> str:
    return " \\\n  ".join(parts)
