"""How open is it, and who says so?"""
