"""Everything that is known before the first call: chunks, splits, slots, gold questions."""
