"""The audit in a browser tab."""
