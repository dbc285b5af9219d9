"""Many models: the list, the audit of all, the lock, and the models that a project uses."""
