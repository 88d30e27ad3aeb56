"""Write formulas in one line of text."""
