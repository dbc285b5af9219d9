"""Records that people hand to one another, and answers of a worker, changed by the million, guided by coverage."""
