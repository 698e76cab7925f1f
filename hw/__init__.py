"""What the box has: scanners, panel, lights, buzzer, button."""
