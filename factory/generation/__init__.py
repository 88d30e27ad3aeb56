"""Write examples, filter them, compare several draws by vote, and repair what was rejected."""
