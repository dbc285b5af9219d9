"""Files in files: archives and their members, nested content, what is in a file besides its format."""
