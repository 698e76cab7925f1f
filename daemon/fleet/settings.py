"""What the box must know of its fleet's broker. `daemon.config` fills this in from `[mqtt]`."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.gateways.tls import TlsSettings
from daemon.secret import Secret


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """`[mqtt]`. `topic` is what every topic of the fleet begins with; `tls` None: in the clear."""

    host: str
    port: int
    client_id: str
    topic: str
    tls: TlsSettings | None = None
    username: str | None = None
    password: Secret | None = None
    keepalive_s: int = 60

    @property
    def broker(self) -> str:
        """How people are told which one it is."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
