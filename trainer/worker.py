"""One of several processes that train a student together."""

import os
import sys
from pathlib import Path

import torch
from accelerate import PartialState

from factory.core.errors import UserMistake
from trainer import progress
from trainer.launch import ALONE, MISTAKE, SAID, Order
from trainer.train import train


def main() -> None:
    """One of the processes; of progress, all but the first are silent."""
    order = Order.model_validate_json(Path(sys.argv[1]).read_bytes())
    first = os.environ[ALONE] == "0"
    state = PartialState(cpu=not torch.cuda.is_available())  # from here on the processes know each other, and each its card
    try:
        with progress.heard_by(lambda line: print(f"{SAID}{line}", flush=True) if first else None):  # noqa: T201
            train(order.run, order.base, order.student, order.settings, order.seed)
    except UserMistake as error:
        print(f"{MISTAKE}{error}", flush=True)  # noqa: T201 -- each: the others are ended as soon as one ends so
        sys.exit(2)
    state.destroy_process_group()  # its threads, left to the interpreter's end, at times abort a process that is done


if __name__ == "__main__":
    main()
