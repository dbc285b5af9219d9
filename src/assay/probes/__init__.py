"""Probe what a model does: memorisation of its training data."""
