"""Personal data, found in a document before it is cut into chunks, and masked, dropped or kept as the recipe says."""
