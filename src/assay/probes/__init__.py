"""Probe what a model does when it is asked for something: memorisation, and the behaviour below `behaviour/`."""
