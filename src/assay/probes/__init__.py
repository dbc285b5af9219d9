"""What a model does when it is tried: memorisation of training data."""
