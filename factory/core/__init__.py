"""Define the records, settings, errors and files of a run; this room imports no other."""
