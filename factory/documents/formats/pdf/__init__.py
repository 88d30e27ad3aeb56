"""Read PDF files by their text layer."""
