"""Many models: which there are (`models.toml`), what is known of each (`assay.lock`), and an audit of all of them."""
