"""One command per published number, peers side by side in one run."""
