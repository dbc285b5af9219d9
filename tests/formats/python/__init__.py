"""Python files, followed without running them."""
