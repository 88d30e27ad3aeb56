"""The factory: documents in, judged and mixed training rows out; torch-free."""
