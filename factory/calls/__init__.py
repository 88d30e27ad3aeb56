"""Requests to teachers: asked once, paid once, within the budget."""
