"""Parts of a dossier."""
