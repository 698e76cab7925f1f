"""Tills: every way an amount gets into the box and the outcome back. One small module a kind."""
