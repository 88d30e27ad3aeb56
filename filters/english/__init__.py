"""Rules that hold for English text only."""
