"""Audit of a run: plant faults of known kinds into its examples and measure how many its filters
find.

The modules that plant faults (planter, text_reading, the *_faults modules and planted_duplicates)
import nothing from `filters`: they must not share the blind spots of the filters.
"""
