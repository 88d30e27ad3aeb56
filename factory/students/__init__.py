"""Register, promote and merge trained students."""
