"""What is said about openness."""
