"""The name under which lights look for the pins of a Raspberry Pi, for processes that are measured where there are none."""
