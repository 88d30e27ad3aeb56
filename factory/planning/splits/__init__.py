"""Decide which documents, or parts of them, are held out."""
