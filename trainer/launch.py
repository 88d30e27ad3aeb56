"""Several GPUs of one host: a process on each, of which the first one speaks and writes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from factory.core.errors import UserMistake
from factory.core.training_settings import StudentSettings, TrainSettings
from trainer import progress
from trainer.report import TrainReport

ALONE = "LOCAL_RANK"  # set in a process that was started as one of several
SAID, MISTAKE = "said ", "mistake "  # what a line to the one who started them begins with
TOLD = 4000  # letters of what a failure wrote


class Order(BaseModel):
    """A training, as it is handed over to the processes."""

    model_config = ConfigDict(frozen=True)

    run: Path
    base: str
    student: StudentSettings
    settings: TrainSettings
    seed: int


def several() -> bool:
    """Whether there are other GPUs to start a process on; CUDA_VISIBLE_DEVICES says which are seen."""
    return ALONE not in os.environ and torch.cuda.is_available() and torch.cuda.device_count() > 1


def on_each(order: Order, processes: int) -> TrainReport:
    """Trains in so many processes, each on a GPU of its own, or all on the CPU where there is none.

    Raises UserMistake where one of them finds one, and RuntimeError with the end of what they wrote where they fail otherwise.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, noise = Path(folder) / "order.json", Path(folder) / "stderr.txt"
        path.write_text(order.model_dump_json(exclude_unset=True), encoding="utf-8")
        mistake, code = _heard(_command(processes, path), processes, noise)
        if mistake:
            raise UserMistake(mistake)
        if code:
            told = noise.read_text(encoding="utf-8", errors="replace")[-TOLD:]
            raise RuntimeError(f"training in {processes} processes ended with exit code {code}; they wrote:\n{told}")
    return TrainReport.model_validate_json((order.run / "adapter" / "training.json").read_bytes())


def _command(processes: int, order: Path) -> list[str]:
    starter = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1", "--nproc_per_node", str(processes)]
    return [sys.executable, *starter, "-m", "trainer.worker", str(order)]


def _heard(command: list[str], processes: int, noise: Path) -> tuple[str | None, int]:
    """Progress goes on to who listens here; anything else that is written is not ours."""
    mistake: str | None = None
    threads = {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // processes))}
    with (
        noise.open("w") as kept,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=kept, text=True, env=threads | os.environ) as running,
    ):
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith(SAID):
                progress.VOICE.info(line.removeprefix(SAID).rstrip("\n"))
            elif line.startswith(MISTAKE):
                mistake = line.removeprefix(MISTAKE).rstrip("\n")
    return mistake, running.returncode
