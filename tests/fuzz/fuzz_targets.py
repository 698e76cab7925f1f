"""Every place where bytes come in from outside, by name: what the fuzzer runs, and how much of it one input may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"

Run = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """`module` and `function` are imported when it is wanted, so that what it looks at can be instrumented before.

    `slow_s`: processor time that no input may take. `quick`: mutated inputs in the short form, about a second's worth."""

    name: str
    module: str
    function: str
    longest: int = 4096  # bytes of an input
    slow_s: float = 1.0
    quick: int = 1500

    def load(self) -> Run:
        run: Run = getattr(import_module(self.module), self.function)
        return run

    @property
    def corpus(self) -> Path:
        return CORPUS / self.name

    def seeds(self) -> list[bytes]:
        """The kept inputs, in an order that is everywhere the same."""
        return [path.read_bytes() for path in sorted(self.corpus.iterdir())]


_ALL = (
    Target("codes", "target_scanner", "codes", longest=1024, quick=8000),
    Target("scanner-lines", "target_scanner", "lines", longest=1024, quick=600),
    Target("scanner-keys", "target_scanner", "key_events", longest=1024, quick=2000),
    Target("scanner-reports", "target_scanner", "hid_reports", longest=2048, quick=1500),
    Target("scanner-descriptor", "target_scanner", "hid_descriptor", longest=1024, quick=3000),
    Target("wechat-xml", "target_wechat", "xml", quick=4000),
    Target("wechat", "target_wechat", "answers"),
    Target("merchant", "target_merchant", "answers"),
    Target("signatures", "target_merchant", "signatures"),
    Target("structured-fields", "target_merchant", "fields", quick=6000),
    Target("smart2pay", "target_smart2pay", "answers", quick=1000),
    Target("cbtis", "target_cbtis", "answers"),
    Target("connect", "target_connect", "answers"),
    Target("connect-picture", "target_connect", "picture", longest=16_384, slow_s=4.0, quick=300),  # a second, instrumented four times that
    Target("connect-grid", "target_connect", "grid", slow_s=4.0, quick=200),
    Target("push-smart2pay", "target_pushes", "smart2pay", quick=4000),
    Target("push-cbtis", "target_pushes", "cbtis", quick=4000),
    Target("push-connect", "target_pushes", "connect", quick=4000),
    Target("till-body", "target_till", "body", quick=3000),
    Target("serial-till", "target_serial_till", "lines", quick=2000),
    Target("pole", "target_pole", "heard", longest=1024, quick=800),
    Target("keypad", "target_keypad", "typed", longest=1024, quick=2000),
    Target("mdb", "target_mdb", "lines", quick=2000),
    Target("broker", "target_broker", "broker", longest=1024, quick=1500),
    Target("http", "target_web", "http", quick=500),
    Target("config", "target_config", "toml", longest=8192, quick=300),
)
TARGETS = {target.name: target for target in _ALL}
