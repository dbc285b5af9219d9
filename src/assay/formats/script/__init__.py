"""Commands of a shell, in scripts and in the texts that programs hand to a shell."""
