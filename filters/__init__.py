"""Filters: each takes an Example and answers with a Verdict."""
