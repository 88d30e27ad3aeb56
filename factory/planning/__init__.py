"""Plan everything that is known before the first call: chunks, splits, slots and gold questions."""
