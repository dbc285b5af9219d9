"""What is in the parameters?"""
