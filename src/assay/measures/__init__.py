"""Numbers about a model. Those here need only its facts; none reads a weight."""
