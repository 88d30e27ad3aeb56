"""Trains the student, and asks it and its base: reads a run's files, writes adapter/ and answers/."""

import logging

logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it names a kernel that is not there as soon as it is imported
