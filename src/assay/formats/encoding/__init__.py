"""Bounded decoders for encodings that several formats share: JSON, YAML, Protocol Buffers, FlatBuffers."""
