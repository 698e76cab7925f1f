"""What the box does: the cycle of a payment and the shell around it."""
