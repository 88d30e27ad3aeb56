"""Report what happened in a run."""
