"""Estimate calls, tokens and dollars before any call."""
