"""Python source and names of code in configs: what importing would reach."""
