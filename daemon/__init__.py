"""What the box does: the cycle of a payment and the shell around it."""

__version__ = "0.1.0"  # the only place; asking the installed package for it would cost a box some 0.8 MB and a start 20 ms
