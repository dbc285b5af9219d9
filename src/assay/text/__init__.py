"""Text: sentences, spans, plain words."""
