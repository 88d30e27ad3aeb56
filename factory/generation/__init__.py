"""Write examples, filter them, let draws vote, and repair what was rejected."""
