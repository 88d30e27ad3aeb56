"""Rules that apply to English text only."""
