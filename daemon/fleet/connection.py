"""One connection to a broker, from CONNECT to its end: messages go out, acknowledgements come back.

Everything is bounded: the opening, the messages under way, the wait for each acknowledgement, and the silence of a broker.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import Any

from daemon.fleet.packets import (
    PING,
    V5,
    V311,
    ConnAck,
    Goodbye,
    Login,
    Malformed,
    Message,
    Packet,
    Packets,
    PubAck,
    build_connect,
    build_disconnect,
    build_publish,
)
from daemon.fleet.reasons import WRONG_VERSION, BrokerError, Lost, Refused, of_network, refusal
from daemon.fleet.settings import MqttSettings
from daemon.gateways.tls import build_context

log = logging.getLogger(__name__)

OPEN_S = 10.0  # for TCP, TLS and the broker's welcome together; own
ACKNOWLEDGE_S = 20.0  # for one message; a broker that is alive takes milliseconds, and a mobile network seconds
CLOSE_S = 1.0
WINDOW = 20  # messages under way; beyond that each waits for one before it. Own: fills a line of 100 ms with 200 a second
_READ_BYTES = 4096
_BROKEN_OFF = "broke off the login"  # over TLS also where it misses a certificate of the box's


class Connection:
    """A broker that has let the box in. `ended` is done, with why, once the connection is over; nothing goes through it then."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: int, keepalive_s: int) -> None:
        self._reader = reader
        self._writer = writer
        self._version = version
        self._packets = Packets(version)
        self._keepalive_s = float(keepalive_s)
        self._window = asyncio.Semaphore(WINDOW)
        self._under_way: dict[int, tuple[asyncio.Future[None], asyncio.TimerHandle, str]] = {}
        self._last_id = 0
        self._heard = 0  # packets
        self._welcome: asyncio.Future[ConnAck] = _quiet_future()
        self.ended: asyncio.Future[BrokerError] = asyncio.get_running_loop().create_future()
        self._tasks = {asyncio.ensure_future(self._read())}

    async def log_in(self, login: Login) -> None:
        """Raises BrokerError; the connection is over then."""
        self._writer.write(build_connect(self._version, login))
        answer = await self._welcome
        if answer.reason:
            raise _Unspoken() if answer.reason in WRONG_VERSION else refusal(answer.reason)
        if not answer.maximum_qos:
            raise Refused("takes no messages that are acknowledged (QoS 1)")
        self._keepalive_s = float(answer.keepalive_s or self._keepalive_s)
        self._window = asyncio.Semaphore(min(WINDOW, answer.receive_maximum or WINDOW))
        self._tasks.add(asyncio.ensure_future(self._keep_alive()))

    async def send(self, message: Message) -> asyncio.Future[None]:
        """Once there is room for it. What it gives is done when the broker has taken the message, and raises BrokerError where it has
        not, which nobody must wait for: `ended` says it too."""
        await self._window.acquire()
        taken = _quiet_future()
        if self.ended.done():
            self._window.release()  # the next who waits hears of it, too
            raise self.ended.result().with_traceback(None)  # whoever it was raised for before
        packet_id = self._next_id()
        timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_S, self._end, Lost("acknowledges nothing"))
        self._under_way[packet_id] = (taken, timer, message.topic)
        self._writer.write(build_publish(self._version, message, packet_id))
        return taken

    async def publish(self, message: Message) -> None:
        """`send`, and wait until it was taken. Raises BrokerError."""
        await (await self.send(message))

    async def close(self) -> None:
        """In good order: the broker forgets the will."""
        if not self.ended.done():
            self._writer.write(build_disconnect())
        self._writer.close()
        with suppress(OSError):  # TimeoutError among them
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()
        await self.abort()

    async def abort(self) -> None:
        """At once, whatever is under way: the broker publishes the will. After `close` it only tidies up."""
        self._end(Lost("was left"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _next_id(self) -> int:
        self._last_id = self._last_id % 0xFFFF + 1
        while self._last_id in self._under_way:
            self._last_id = self._last_id % 0xFFFF + 1
        return self._last_id

    def _end(self, error: BrokerError) -> None:
        if self.ended.done():
            return
        self.ended.set_result(error)
        self._writer.transport.abort()
        if not self._welcome.done():
            self._welcome.set_exception(error)
        for taken, timer, _topic in self._under_way.values():
            timer.cancel()
            if not taken.done():
                taken.set_exception(error)
        self._window.release()  # whoever waits for room hears of it

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(_READ_BYTES):
                for packet in self._packets.feed(data):
                    self._heard += 1
                    self._take(packet)
            self._end(Lost("closed the connection") if self._welcome.done() else _Unspoken())
        except Malformed as error:
            self._end(Refused(f"does not speak MQTT: {error}"))
        except OSError as error:
            self._end(of_network(error) if self._welcome.done() or isinstance(error, ssl.SSLError) else Lost(_BROKEN_OFF))

    def _take(self, packet: Packet) -> None:
        if isinstance(packet, ConnAck) and not self._welcome.done():
            self._welcome.set_result(packet)
        elif isinstance(packet, PubAck):
            self._acknowledged(packet)
        elif isinstance(packet, Goodbye):
            self._end(refusal(packet.reason) if packet.reason >= 0x80 else Lost("closed the connection"))

    def _acknowledged(self, packet: PubAck) -> None:
        taken, timer, topic = self._under_way.pop(packet.packet_id, (None, None, ""))
        if taken is None or timer is None:
            return
        timer.cancel()
        self._window.release()
        if packet.reason >= 0x80:
            error = refusal(packet.reason, topic)
            taken.set_exception(error)
            self._end(error)
        elif not taken.done():
            taken.set_result(None)

    async def _keep_alive(self) -> None:
        """One sign of life in each interval, and the broker has half of one to answer it."""
        while True:
            await asyncio.sleep(self._keepalive_s / 2)
            heard = self._heard
            self._writer.write(PING)
            await asyncio.sleep(self._keepalive_s / 2)
            if self._heard == heard:
                self._end(Lost("does not answer"))


class _Unspoken(Lost):
    """The broker does not know this version, or has hung up on it."""

    def __init__(self) -> None:
        super().__init__("closed the connection without a word, or does not speak MQTT 5 or 3.1.1")


async def connect(settings: MqttSettings, login: Login) -> Connection:
    """Raises BrokerError. A broker that does not know version 5 is spoken to in 3.1.1; there it takes in silence what its access list
    keeps out."""
    try:
        return await _connect(settings, login, V5)
    except _Unspoken:
        connection = await _connect(settings, login, V311)
        log.warning("fleet_old_broker broker=%s version=3.1.1", settings.broker)
        return connection


async def _connect(settings: MqttSettings, login: Login, version: int) -> Connection:
    try:
        async with asyncio.timeout(OPEN_S):
            context = await _context(settings)
            reader, writer = await asyncio.open_connection(settings.host, settings.port, ssl=context)
            connection = Connection(reader, writer, version, settings.keepalive_s)
            try:
                await connection.log_in(login)
            except BaseException:
                await connection.abort()
                raise
            return connection
    except OSError as error:
        raise of_network(error) from error


async def _context(settings: MqttSettings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    try:
        return await asyncio.get_running_loop().run_in_executor(None, build_context, settings.tls)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refused(f"cannot be shown this box's certificate: {why}") from error


def _quiet_future() -> asyncio.Future[Any]:
    """One whose error need not be asked for."""
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
