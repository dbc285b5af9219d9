"""What PyTorch writes: archives, the tensors in a checkpoint, TorchScript."""
