"""Model files on disk: where they come from, their tokenizers, templates and embeddings."""
