"""GGUF files of a merged student, by llama.cpp's own converter and quantiser."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from factory.core.errors import UserMistake

CONVERTER = "convert_hf_to_gguf"  # llama.cpp's script, packaged
QUANTISER = "llama-quantize"
LATER = f"{QUANTISER} (of llama.cpp; brew, winget and nix have it) is not on PATH; once it is:  {QUANTISER} {{full}} {{small}} Q4_K_M"


def convert(folder: Path, to: Path, kind: str) -> None:
    """A folder of safetensors as a GGUF of one kind: f32, f16, bf16 or q8_0. Raises UserMistake."""
    if not importlib.util.find_spec(CONVERTER):
        raise UserMistake('a GGUF needs llama.cpp\'s converter, which is not installed: pip install "docstill[export]"')
    # -P: a folder of the user's that is called like one of the converter's modules must not be taken for it.
    _run([sys.executable, "-P", "-m", CONVERTER, str(folder), "--outtype", kind, "--outfile", str(to)], folder)


def quantise(full: Path, small: Path) -> str:
    """Q4_K_M of an f16 file; where no quantiser is installed, the sentence that says how."""
    if not (tool := shutil.which(QUANTISER)):
        return LATER.format(full=full.name, small=small.name)
    _run([tool, str(full), str(small), "Q4_K_M"], full)
    return ""


def _run(command: list[str], what: Path) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        last = (ended.stderr.strip() or ended.stdout.strip() or "it said nothing").splitlines()[-1]
        tool = CONVERTER if command[0] == sys.executable else QUANTISER
        raise UserMistake(f"{what}: {tool} can't make a GGUF of it ({last})")
