"""Looking into models, and what is said and drawn of it."""
