"""Several GPUs of one host: a process on each by accelerate, of which the first one speaks and writes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from factory.errors import UserMistake
from trainer import progress
from trainer.report import TrainReport
from trainer.settings import StudentSettings, TrainSettings

ALONE = "LOCAL_RANK"  # set in a process that was started as one of several
SAID, MISTAKE = "said ", "mistake "  # what a line of the first process begins with


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


def on_each(order: Order) -> TrainReport:
    """Trains in as many processes as there are GPUs; raises what the first one raises."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        file.write(order.model_dump_json(exclude_unset=True))
        file.flush()
        mistake, code = _heard(_command(file.name))
    if mistake:
        raise UserMistake(mistake)
    if code:
        raise RuntimeError(f"training in several processes ended with exit code {code}; what they said stands above")
    return TrainReport.model_validate_json((order.run / "adapter" / "training.json").read_bytes())


def _command(order: str) -> list[str]:
    processes = ["--multi_gpu", "--num_processes", str(torch.cuda.device_count()), "--num_machines", "1"]
    plain = ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    return [sys.executable, "-m", "accelerate.commands.launch", *processes, *plain, "-m", "trainer.launch", order]


def _heard(command: list[str]) -> tuple[str | None, int]:
    """Progress goes on to who listens here; anything else that is written is not ours."""
    mistake: str | None = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(SAID):
                progress.VOICE.info(line.removeprefix(SAID).rstrip("\n"))
            elif line.startswith(MISTAKE):
                mistake = line.removeprefix(MISTAKE).rstrip("\n")
    return mistake, process.returncode


def main() -> None:
    """One of the processes; all but the first are silent."""
    from trainer.train import train  # which starts these processes and so knows this module

    order = Order.model_validate_json(Path(sys.argv[1]).read_bytes())
    first = os.environ[ALONE] == "0"
    torch.cuda.set_device(int(os.environ[ALONE]))
    try:
        with progress.heard_by(lambda line: print(f"{SAID}{line}", flush=True) if first else None):  # noqa: T201
            train(order.run, order.base, order.student, order.settings, order.seed)
    except UserMistake as error:
        print(f"{MISTAKE}{error}" if first else "", flush=True)  # noqa: T201
        sys.exit(2)


if __name__ == "__main__":
    main()
