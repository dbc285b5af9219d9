"""Attacks on an audit, on what is signed about it, and on what it prints; each is built when it is run."""
