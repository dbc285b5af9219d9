"""Licences: names and tags, texts, families and terms, expressions."""
