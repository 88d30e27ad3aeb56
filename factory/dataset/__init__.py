"""Make the training rows, replay, leak checks and JSONL files of a run."""
