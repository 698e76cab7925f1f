"""An emulated Raspberry Pi 3 with what a payment box has: scanner, till line, panel, pins, network, a card and a plug.

    from board import Board
    with Board(".board") as b:
        b.start(payload="dist")                     # the folder's content lies in /payload
        print(b.run("uname -a").out)
        b.scanner.type("134567890123456789")        # keys on a USB keyboard
        b.till.send(b"hello\\r\\n"); b.till.receive(5)      # the other end of /dev/ttyUSB0
        b.gpio(17)                                  # level of a pin, seen from outside
        b.panel.rows()                              # what the panel on /dev/i2c-1 shows
        b.power_cut(); b.power_on()                 # same card

Everything stays on this machine: sockets in the run folder and ports on 127.0.0.1.
"""

import contextlib
import json
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from board_devices import HidPos, Network, Redirected, Scanner, Till
from board_hidpos import HidScanner
from board_links import BoardError, Debugger, Monitor, Result, Shell
from board_panel import Bus, Panel

GUEST, HOST = "10.0.2.15", "10.0.2.2"  # the guest's address; this machine's, as the guest sees it
GPIO = 0x3F200000


class Board:
    """files: the folder that build.sh filled. run_dir: where this board's card, sockets and logs live (a new one if not given)."""

    def __init__(self, files=".board", run_dir=None, web_port=8080, cpus=2, panel=None, qemu="qemu-system-aarch64"):
        self.files = pathlib.Path(files).resolve()
        if not (self.files / "stamp").exists():
            raise BoardError(f"{self.files} holds no board: run build.sh first")
        self.own_dir = run_dir is None
        self.dir = pathlib.Path(run_dir or tempfile.mkdtemp(prefix="board-")).resolve()
        self.dir.mkdir(parents=True, exist_ok=True)
        self.guest_web_port, self.cpus, self.qemu = web_port, cpus, qemu
        self.web_port = None
        self.process = self.monitor = self.shell = None
        self.warm = False
        self.i2c = Bus({0x3C: panel or Panel()})
        self.scanner = Scanner(self, "scanner", {"driver": "usb-kbd", "id": "scanner", "bus": "usb-bus.0", "port": "1.1"})
        self.till = Till(
            self,
            "till",
            {"driver": "usb-serial", "id": "till", "bus": "usb-bus.0", "port": "1.2", "chardev": "till", "always-plugged": True},
        )
        self.network = Network(self, "net", {"driver": "usb-net", "id": "net", "bus": "usb-bus.0", "port": "1.3", "netdev": "lan"})
        self.adapter = Redirected(self, "i2c", "1.4", self.i2c)
        self.hid = HidPos(self, "hid", "1.6", HidScanner())  # not plugged in unless a story does it; then it stays so over a power cut
        self.devices = [self.scanner, self.till, self.network, self.adapter]
        self.started_at = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    @property
    def panel(self):
        return self.i2c[0x3C]

    # -- power --
    def start(self, payload=None, warm=False, timeout=180, devices=True):
        """A new card, power on, wait until the guest answers. warm: continue from the state that `warm_up` saved."""
        if warm and not (self.files / "warm.state").exists():
            warm = False
        card = "warm-card.img" if warm else "sd.img"
        subprocess.run(["cp", "--sparse=always", str(self.files / card), str(self.dir / "card.img")], check=True)
        self.payload = pathlib.Path(payload) if payload else None
        self._launch(warm, timeout, devices)

    def power_on(self, timeout=180, devices=True):
        """Boots again from the same card."""
        self._launch(False, timeout, devices)

    def _launch(self, warm, timeout, devices):
        if self.process and self.process.poll() is None:
            raise BoardError("the board is on")
        self.started_at = time.monotonic()
        self.warm = warm
        d = self.dir
        for name in ("shell", "monitor", "till", "gdb", "i2c", "hid"):
            (d / name).unlink(missing_ok=True)
        initrd = self.files / "initrd.img"
        if self.payload and not warm:
            initrd = d / "initrd.img"
            with initrd.open("wb") as f:
                with (self.files / "initrd.img").open("rb") as base:
                    shutil.copyfileobj(base, f, 1 << 20)
                f.write(b"\0" * (-f.tell() % 512))
                f.flush()
                self._cpio(f)
        for device in (self.adapter, self.hid):
            device.played.listen(str(d / device.name))
        self.web_port = free_port()
        command = [
            self.qemu,
            "-M",
            "raspi3b",
            "-display",
            "none",
            "-no-reboot",
            "-nodefaults",
            "-kernel",
            str(self.files / "vmlinuz"),
            "-device",
            f"loader,file={self.files / 'stub.bin'},addr=0x800,force-raw=on",
            "-initrd",
            str(initrd),
            "-dtb",
            str(self.files / "board.dtb"),
            "-append",
            f"console=ttyS1,115200 loglevel=4 iomem=relaxed panic=-1 net.ifnames=0 nr_cpus={self.cpus} apparmor=0 systemd.show_status=0",
            "-drive",
            f"file={d / 'card.img'},if=sd,format=raw",
            "-chardev",
            f"socket,id=shell,path={d / 'shell'},server=on,wait=off",
            "-serial",
            "chardev:shell",
            "-chardev",
            f"file,id=console,path={d / 'console.log'},append=on",
            "-serial",
            "chardev:console",
            "-chardev",
            f"socket,id=till,path={d / 'till'},server=on,wait=off",
            "-chardev",
            f"socket,id=gdb,path={d / 'gdb'},server=on,wait=off",
            "-gdb",
            "chardev:gdb",
            "-chardev",
            f"socket,id=i2c,path={d / 'i2c'},reconnect=1",
            "-chardev",
            f"socket,id=hid,path={d / 'hid'},reconnect=1",
            "-netdev",
            f"user,id=lan,ipv6=off,hostfwd=tcp:127.0.0.1:{self.web_port}-{GUEST}:{self.guest_web_port}",
            "-qmp",
            f"unix:{d / 'monitor'},server=on,wait=off",
            "-device",
            "usb-hub,id=hub,bus=usb-bus.0,port=1",
        ]
        for device in (*self.devices, self.hid):
            device.plugged = devices and not warm and (device.plugged or device is not self.hid)
            device.dropped, there = False, device.plugged or (device is self.adapter and not warm and devices is not None)
            if isinstance(device, Redirected):
                device.slot, device.played.plugged = there, device.plugged
            if there:
                command += ["-device", json.dumps(device.options)]
        if warm:
            command += ["-incoming", f"exec:cat '{self.files / 'warm.state'}'"]
        with (d / "qemu.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + timeout
        self.shell = self._connect(Shell, "shell", end)
        self.monitor = self._connect(Monitor, "monitor", end)
        till = d / "till"
        self._connect(lambda path: self.till.connect(path), "till", end)
        assert till.exists()
        try:
            if warm:
                self._resume(end, devices)
            else:
                self.shell.ready(end - time.monotonic())
                self.set_clock()
        except (TimeoutError, OSError) as e:
            raise BoardError(f"the board did not start within {timeout} s: {e}\n{self.console()[-2000:]}") from e

    def _resume(self, end, devices):
        while self.monitor("query-status")["status"] == "inmigrate":
            if time.monotonic() > end:
                raise TimeoutError("state not loaded")
            time.sleep(0.05)
        # the saved state does not say which of the two controllers the card is wired to: switch the pins off and on again
        select = [(GPIO + 0x10, 0x3F000000), (GPIO + 0x14, 0xFFF)]
        values = [self._words(address, 1)[0] for address, _ in select]
        both = list(zip(select, values, strict=True))
        self._poke([*((address, value & ~mask) for (address, mask), value in both), *((address, value) for (address, _), value in both)])
        # the saved state also holds the kernel's random numbers: stir, or every run would draw the same
        self.set_clock(f"""perl -e 'open F,">/dev/urandom"; syswrite F,pack("H*","{secrets.token_hex(64)}"); ioctl F,0x5207,0'; """)
        if devices:
            for device in self.devices:
                device.plug()
        if self.payload:
            self.wait_devices()
            self.copy_in(self.payload, "/payload")

    def _connect(self, kind, name, end):
        while True:
            if self.process.poll() is not None:
                raise BoardError("the emulator ended:\n" + (self.dir / "qemu.log").read_text()[-2000:])
            try:
                return kind(self.dir / name)
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def _cpio(self, out):
        with tempfile.TemporaryDirectory(dir=self.dir) as t:
            shutil.copytree(self.payload, pathlib.Path(t) / "payload", symlinks=True)
            names = subprocess.run(["find", "payload", "-print0"], cwd=t, check=True, capture_output=True).stdout
            subprocess.run(["cpio", "-o", "-0", "-H", "newc", "--quiet", "-R", "0:0"], cwd=t, input=names, stdout=out, check=True)

    def power_cut(self):
        """Pulls the plug: what the card has acknowledged stays, everything else is gone."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self._drop()

    def shutdown(self, timeout=60):
        """Switches off in order; the emulator ends by itself."""
        with contextlib.suppress(BoardError, OSError, TimeoutError):
            self.shell.ask("run 10 28", b"systemctl poweroff --no-block"[:28].ljust(28), timeout=5)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.power_cut()
            raise BoardError(f"not off within {timeout} s") from None
        self._drop()

    def _drop(self):
        for device in (self.adapter, self.hid):
            device.played.close()
        for part in (self.shell, self.monitor, self.till.sock):
            if part:
                part.close()
        self.shell = self.monitor = self.till.sock = None
        if self.i2c.devices.get(0x3C):
            self.panel.power_on()

    def close(self):
        self.power_cut()
        if self.own_dir:
            shutil.rmtree(self.dir, ignore_errors=True)

    # -- inside --
    def run(self, command, timeout=60):
        """Runs shell text as root in the guest. 124: it did not end in time."""
        text = command.encode()
        try:
            status, out = self.shell.ask(f"run {timeout} {len(text)}", text, timeout + 30)
        except TimeoutError:
            raise BoardError(f"no answer from the guest within {timeout + 30} s: {command[:100]}") from None
        return Result(status, out.decode(errors="replace"))

    def check(self, command, timeout=60):
        """Like run, but a command that fails raises."""
        result = self.run(command, timeout)
        if not result.ok:
            raise BoardError(f"{command}: exit {result.status}\n{result.out}")
        return result.out

    def put(self, path, data, mode=0o644):
        data = data.encode() if isinstance(data, str) else data
        status, out = self.shell.ask(f"put {mode:o} {len(data)} {path}", data, 120)
        if status:
            raise BoardError(f"{path}: {out.decode(errors='replace')}")

    def get(self, path):
        status, out = self.shell.ask(f"get {path}", timeout=120)
        if status:
            raise FileNotFoundError(out.decode(errors="replace"))
        return out

    def copy_in(self, folder, path):
        """Copies a folder into the guest over the network card."""
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(1)
            server.settimeout(30)

            def feed():
                with contextlib.suppress(OSError):
                    conn, _ = server.accept()
                    with (
                        conn,
                        subprocess.Popen(["tar", "-c", "--owner=0", "--group=0", "-C", str(folder), "."], stdout=subprocess.PIPE) as tar,
                    ):
                        shutil.copyfileobj(tar.stdout, conn.makefile("wb"), 65536)

            threading.Thread(target=feed, daemon=True).start()
            self.check(f"mkdir -p {path} && tar -x -C {path} </dev/tcp/{HOST}/{server.getsockname()[1]}", 300)

    def set_clock(self, first=""):
        """A Raspberry Pi has no clock of its own; the guest gets this machine's time, as NTP would give it."""
        self.check(first + f"date -u -s @{time.time():.2f} >/dev/null")

    def wait_devices(self, timeout=60):
        """Waits until the kernel has seen everything that is plugged."""
        tests = {
            "scanner": "-e /dev/input/event0",
            "till": "-e /dev/ttyUSB0",
            "net": '-n "$(ip -4 -o addr show dev usb0 2>/dev/null)"',
            "i2c": "-e /dev/i2c-1",
            "hid": f"-e {self.hid.played.NODES}",
        }
        wanted = " ] && [ ".join(tests[d.name] for d in (*self.devices, self.hid) if d.plugged)
        if wanted:
            self.check(f"for i in $(seq {timeout * 10}); do if [ {wanted} ]; then exit 0; fi; sleep 0.1; done; exit 1", timeout + 5)

    def wait_until(self, command, timeout=60, every=0.2):
        """Repeats a command in the guest until it succeeds."""
        return self.check(f"until {command}; do sleep {every}; done", timeout)

    def console(self):
        with contextlib.suppress(FileNotFoundError):
            return (self.dir / "console.log").read_text(errors="replace")
        return ""

    # -- network --
    def forward(self, guest_port):
        """Another port on 127.0.0.1 for a port of the guest."""
        port = free_port()
        answer = self.monitor.human(f"hostfwd_add lan tcp:127.0.0.1:{port}-{GUEST}:{guest_port}")
        if answer.strip():
            raise BoardError(answer)
        return port

    def link(self, up):
        """The network cable: everything is lost while it is down (the card itself stays)."""
        self.monitor("set_link", name="lan", up=up)

    # -- pins --
    def _words(self, address, count):
        text = self.monitor.human(f"xp /{count}wx {address:#x}")
        return [int(w, 16) for line in text.splitlines() for w in line.split(":", 1)[1].split()]

    def gpio(self, pin):
        """Level of a pin (BCM number), 0 or 1."""
        return self._words(GPIO + 0x34 + 4 * (pin // 32), 1)[0] >> (pin % 32) & 1

    def gpio_is_output(self, pin):
        return self._words(GPIO + 4 * (pin // 10), 1)[0] >> (pin % 10 * 3) & 7 == 1

    def wait_gpio(self, pin, level, timeout=10.0):
        end = time.monotonic() + timeout
        while self.gpio(pin) != level:
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    def watch_gpio(self, pins, seconds, every=0.001):
        """Looks at pins for a while; returns [(seconds since start, pin, level), ...], the first levels at 0.0."""
        start, last, seen = time.monotonic(), {}, []
        while (now := time.monotonic() - start) < seconds:
            low, high = self._words(GPIO + 0x34, 2)
            levels = low | high << 32
            for pin in pins:
                level = levels >> pin & 1
                if last.get(pin) != level:
                    seen.append((now if pin in last else 0.0, pin, level))
                    last[pin] = level
            time.sleep(every)
        return seen

    def drive(self, pin, level):
        """Sets the level that the guest reads from an input pin. (Seen by reading only: the emulated pins have no edge interrupts.)"""
        self._poke([(GPIO + (0x1C if level else 0x28) + 4 * (pin // 32), 1 << pin % 32)])

    def _poke(self, writes):
        """Writes 32-bit registers from outside, through the emulator's debugger port; the guest stands still meanwhile (about 1 ms)."""
        debugger = Debugger(self.dir / "gdb")
        try:
            debugger.ask("Qqemu.PhyMemMode:1")
            for address, value in writes:
                if (answer := debugger.ask(f"M{address:x},4:{value.to_bytes(4, 'little').hex()}")) != "OK":
                    raise BoardError(f"{address:#x} not written: {answer}")
        finally:
            with contextlib.suppress(OSError, TimeoutError):
                debugger.ask("Qqemu.PhyMemMode:0")
                debugger.ask("D")
            debugger.close()
            self.monitor("cont")

    # -- a saved state, for quick starts --
    def warm_up(self, prepare=""):
        """Boots once without USB devices, runs `prepare` in the guest, and saves memory and card for start(warm=True)."""
        self.start(devices=None)
        self.check("systemctl is-system-running --wait; " + (prepare or "true"), 120)
        self.check("sync", 60)
        self.monitor("stop")
        new = self.files / "warm.state.new"
        self.monitor("migrate", uri=f"exec:cat > '{new}'")
        while (state := self.monitor("query-migrate").get("status")) in (None, "setup", "active", "device", "none"):
            time.sleep(0.1)
        if state != "completed":
            raise BoardError(f"state not saved: {self.monitor('query-migrate')}")
        self.power_cut()
        subprocess.run(["cp", "--sparse=always", str(self.dir / "card.img"), str(self.files / "warm-card.img")], check=True)
        new.rename(self.files / "warm.state")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
