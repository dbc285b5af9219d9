"""The nouns of an audit: plain frozen values, without I/O. Imports nothing of assay but errors."""
