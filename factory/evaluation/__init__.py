"""Score answers files and decide whether the student is better than its base."""
