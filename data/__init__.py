"""The sample client, recipes, replay set and known models that come with docstill."""
