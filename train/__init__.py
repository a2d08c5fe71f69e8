"""Training: losses, data, the loop, export."""
