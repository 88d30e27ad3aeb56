"""Records, settings, errors and files of a run. It imports no other part of the project."""
