"""Stands where RPi.GPIO would be, on a machine without pins: the box's own way of driving lights and buzzer runs, and wakes it."""
