"""`[mqtt]`: what a fleet is told of this box, over any MQTT broker. The box subscribes to nothing."""
