"""Judge or deduplicate rows that docstill did not make."""
