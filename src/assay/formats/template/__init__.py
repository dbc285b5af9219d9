"""Chat templates: their syntax tree, rendering under a budget, what they do to made-up conversations."""
