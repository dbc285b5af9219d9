"""Audit in a browser tab: `site` writes the static site, `tab` is what its worker runs, `assets` is its own script."""
