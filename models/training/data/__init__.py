"""Training data: drawings from icon sets, their names and pixels, and fonts."""
