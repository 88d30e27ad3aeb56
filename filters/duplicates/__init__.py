"""Find near-duplicates, leaks and contradictions."""
