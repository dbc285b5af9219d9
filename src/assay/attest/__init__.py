"""Sign models, and check who signed them: OpenSSF model signing v1.0."""
