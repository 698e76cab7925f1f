"""The demo: the whole box, its devices simulated, against the sandbox, in one terminal."""
