"""How the tables of a registry came to be, one step per file; Alembic goes through them."""
