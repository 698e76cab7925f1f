"""Measured side by side, in one run: tillbox, what people use today, and the floor that physics sets. See README.md."""
