"""Segment text and read typed values in it: numbers, dates, units, names, references."""
