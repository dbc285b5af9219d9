"""Running models, and what is said about what they write."""
