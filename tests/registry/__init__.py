"""Kept audits, in SQLite and in PostgreSQL."""
