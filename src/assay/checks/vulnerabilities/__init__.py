"""Is it safe to load and to run?"""
