"""Find personal data in a document, and mask, drop or keep it as the recipe says."""
