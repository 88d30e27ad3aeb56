"""Trains the student, and asks it and its base: reads a run's files, writes adapter/ and answers/."""
