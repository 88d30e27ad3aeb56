"""Prompt files, one a prompt: words only."""
