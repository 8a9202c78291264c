"""Training: what feeds the network, what moves its weights, what is kept and reported."""
