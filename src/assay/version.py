"""The version of assay, below everything that writes it into a record: none of that imports the public names."""

VERSION = "0.1.0"
