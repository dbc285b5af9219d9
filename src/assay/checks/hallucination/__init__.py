"""When does it make things up?"""
