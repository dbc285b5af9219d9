"""Sentences, spans and plain words of texts."""
