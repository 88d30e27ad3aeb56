"""Write the files and commands that serve a student with Ollama, vLLM and other tools."""

from collections.abc import Sequence
from importlib.resources import files
from string import Template

from factory.models.modelfile import modelfile_stop, modelfile_value

# vLLM's --max-lora-rank takes only these (vllm/config/lora.py, MaxLoRARanks).
VLLM_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)

NO_TEMPLATE_NOTE = (
    "There is no TEMPLATE here because the GGUF has its own, which Ollama looks up in its list. If",
    "`ollama show --template student` prints only {{ .Prompt }}, it found none: use llama-server.",
)


def modelfile(
    gguf: str, stops: Sequence[str], context: int, system: str | None, template: str = ""
) -> str:
    """Return an Ollama Modelfile (keys: Ollama's docs/modelfile.md).

    Without a TEMPLATE, Ollama looks up the one in the GGUF. Raises UserMistake for a system message
    that a Modelfile can't hold.
    """
    lines = [
        *(f"# {line}" for line in NO_TEMPLATE_NOTE if not template),
        f"FROM {gguf}",
        *([f"TEMPLATE {modelfile_value(template, 'the chat template')}"] if template else []),
        "PARAMETER temperature 0",
        f"PARAMETER num_ctx {context}",
        *(f"PARAMETER stop {modelfile_stop(one)}" for one in stops),
        *([f"SYSTEM {modelfile_value(system, '[student] system')}"] if system else []),
    ]
    return "\n".join(lines) + "\n"


def rank_for(rank: int) -> int:
    """Return the smallest rank that vLLM admits for the adapter.

    If the adapter's rank exceeds them all, return the largest; vLLM then reports the error.
    """
    return next((one for one in VLLM_RANKS if one >= rank), VLLM_RANKS[-1])


def vllm_adapter(base: str, adapter: str, rank: int, length: int) -> str:
    """Return the command that serves an adapter folder as the model "student"."""
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
    """Return a script that quantises the merged model to 4 bit by GPTQ or AWQ."""
    text = files("factory.export").joinpath("quantise.txt").read_text(encoding="utf-8")
    return Template(text).substitute(length=length)


def other_tools(form: str, base: str) -> dict[str, str]:
    """Return commands of other tools by their purpose, to be run in the form's folder."""
    of = "pretrained=." if form == "merged" else f"pretrained={base},peft=."
    scores = (
        f"lm_eval --model hf --model_args {of},dtype=auto --tasks arc_easy,hellaswag "
        "--apply_chat_template --batch_size auto"
    )
    if form == "adapter":
        return {"public benchmarks (lm-eval)": scores}
    return {
        "4 bit for vLLM, calibrated with the run's rows (llmcompressor; gptq or awq)": (
            "python quantise.py gptq RUN/train.jsonl ../gptq"
        ),
        "Apple silicon, 4 bit (mlx-lm)": "mlx_lm.convert --model . --mlx-path ../mlx -q --q-bits 4",
        "public benchmarks (lm-eval)": scores,
    }


def _alike(length: int) -> tuple[str, ...]:
    """Decode greedily, as in the evaluation, whatever the base's generation settings say."""
    return (f"--max-model-len {length}", "--override-generation-config '{\"temperature\": 0}'")


def _command(*parts: str) -> str:
    return " \\\n  ".join(parts)
