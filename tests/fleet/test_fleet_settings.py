"""What the box knows of its broker (`daemon.fleet.settings`)."""

from __future__ import annotations

from daemon.fleet.settings import MqttSettings
from daemon.secret import Secret


def test_people_are_told_the_broker_and_never_its_password() -> None:
    settings = MqttSettings("mqtt.example.org", 8883, "T1", "tillbox", username="box", password=Secret("made-up"))
    assert settings.broker == "mqtt.example.org:8883"
    assert MqttSettings("::1", 1883, "T1", "tillbox").broker == "[::1]:1883"
    assert "made-up" not in repr(settings)
