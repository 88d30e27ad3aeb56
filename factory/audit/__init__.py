"""The audit of a run: faults of known kinds are planted into its examples, and its filters must find them.

The planter (`lists`, `reading`, `values`, `claims`, `repeats`, `plant`) imports nothing of `filters`: it must not share their blind spots.
"""
