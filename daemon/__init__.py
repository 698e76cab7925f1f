"""What the box does: the cycle of a payment and the shell around it."""

__version__ = "0.1.0"  # the only place; to ask the installed package for it would cost every box 0.8 MB
