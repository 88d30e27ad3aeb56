"""What is shipped of a student: whole weights, GGUF files, and how nearly they answer like the adapter on its base."""
