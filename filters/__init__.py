"""Filters, each of which takes an Example and returns a Verdict."""
