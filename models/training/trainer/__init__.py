"""Training: data feed, optimizers, checkpoints and reports."""
