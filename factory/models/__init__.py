"""Find model files and read their tokenizers, templates and embeddings."""
