"""The arrows of the design, stated: who may know whom. Imports are read from the source, so that a lazy one counts as well."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]

# What decides, and what is decided about: no I/O, no clock, no chance, no event loop.
_WORDS = "money payment reply timing codes events news masking"
_CYCLE = "reading errands cycle cycle_table cycle_rules cycle_time cycle_doubts cycle_background late_money"
_QR = "qr_reading qr_finding qr_layout reed_solomon"
_PICTURE = "signals screens texts glyphs typesetting layout view qr panel_text"
CORE_MODULES = {f"daemon.{name}" for name in f"{_WORDS} {_CYCLE} {_QR} {_PICTURE}".split()}
OUTSIDE = {"asyncio", "time", "random", "secrets", "os", "socket", "sqlite3", "aiohttp", "logging", "threading", "subprocess", "datetime"}
CORE_KNOWS_OF_HW = {"hw.interfaces"}  # words only: patterns and tones

# What gateways share; every other module of `daemon.gateways` belongs to the one whose name it begins with.
GATEWAY_PARTS = {"base", "client", "tls", "certificate", "settings", "signing", "structured_fields", "own_address", "patience"}
GATEWAYS = ("merchant", "wechat", "smart2pay", "cbtis", "connect", "simulated")


@dataclass(frozen=True)
class Import:
    """`importer` names `imported`; `lazy`: inside a function."""

    importer: str
    imported: str
    lazy: bool


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for package in ("daemon", "hw") for file in sorted((ROOT / package).rglob("*.py"))}


def imports_of(module: str) -> Iterator[Import]:
    tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
    for_types = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]  # never carried out
    top = {id(node) for node in (*tree.body, *(inner for block in for_types for inner in block.body))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, id(node) not in top)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(module, whole if whole in FILES else str(node.module), id(node) not in top)


IMPORTS = [found for module in FILES for found in imports_of(module)]


def is_in(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def is_own(module: str) -> bool:
    return is_in(module, "daemon") or is_in(module, "hw")


def broken(rule: list[Import]) -> list[str]:
    return sorted({f"{found.importer} imports {found.imported}" for found in rule})


def test_there_is_something_to_look_at() -> None:
    assert {"daemon.cycle", "hw.interfaces"} <= set(FILES)
    assert Import("daemon.payment", "daemon.money", lazy=False) in IMPORTS


def test_hw_never_imports_daemon() -> None:
    assert broken([i for i in IMPORTS if is_in(i.importer, "hw") and is_in(i.imported, "daemon")]) == []


def test_core_knows_nothing_of_the_outside() -> None:
    """No clock, no chance, no event loop, no I/O. (`glyphs` reads its fonts, which are part of the program, through `pathlib`.)"""
    allowed = {("daemon.glyphs", "os")}  # a constant of `seek`
    rule = [i for i in IMPORTS if i.importer in CORE_MODULES and i.imported.split(".")[0] in OUTSIDE]
    assert broken([i for i in rule if (i.importer, i.imported) not in allowed]) == []


def test_core_never_imports_shell() -> None:
    rule = [i for i in IMPORTS if i.importer in CORE_MODULES and i.imported.split(".")[0] in ("daemon", "hw")]
    assert broken([i for i in rule if i.imported not in CORE_MODULES | CORE_KNOWS_OF_HW | {"daemon"}]) == []


def gateway_of(module: str) -> str | None:
    """The gateway that a module is part of: `wechat` for `daemon.gateways.wechat_xml` and `daemon.gateways.signing_wechat`."""
    name = module.removeprefix("daemon.gateways.")
    if name == module or name in GATEWAY_PARTS:
        return None
    return next((gateway for gateway in GATEWAYS if gateway in re.split(r"[._]", name)), None)


def test_a_gateway_never_imports_another() -> None:
    rule = [(i, gateway_of(i.importer), gateway_of(i.imported)) for i in IMPORTS]
    assert broken([i for i, importer, imported in rule if importer and imported and importer != imported]) == []


def test_what_gateways_share_belongs_to_none() -> None:
    parts = {f"daemon.gateways.{name}" for name in GATEWAY_PARTS}
    assert broken([i for i in IMPORTS if i.importer in parts and gateway_of(i.imported)]) == []


def test_gateways_know_nothing_of_runner_journal_and_tills() -> None:
    known = {f"daemon.{name}" for name in ("gateways", "codes", "money", "payment", "reply", "secret", "timing", "masking", "qr_reading")}
    rule = [i for i in IMPORTS if is_in(i.importer, "daemon.gateways") and is_in(i.imported, "daemon")]
    assert broken([i for i in rule if not any(is_in(i.imported, module) for module in known)]) == []


def test_only_app_builds_devices() -> None:
    assert broken([i for i in IMPORTS if i.imported == "hw.factory" and i.importer != "daemon.app"]) == []


def test_only_the_factory_knows_concrete_devices() -> None:
    """The simulated ones are an exception outside `hw`: whoever plays with a box has to press and to look."""
    plain = {"hw", "hw.interfaces", "hw.settings", "hw.factory", "hw.simulated", "hw.simulated_keypad", "hw.simulated_pulses"}
    concrete = {i.imported for i in IMPORTS if i.importer == "hw.factory" and is_in(i.imported, "hw")} - plain
    assert {"hw.oled", "hw.scanner_evdev", "hw.scanner_serial"} <= concrete
    assert broken([i for i in IMPORTS if i.imported in concrete and i.importer != "hw.factory"]) == []


def test_the_factory_imports_a_device_only_where_it_is_wanted() -> None:
    rule = [i for i in IMPORTS if i.importer == "hw.factory" and is_in(i.imported, "hw") and not i.lazy]
    assert {i.imported for i in rule} <= {"hw.interfaces", "hw.settings"}


def test_the_command_line_imports_its_commands_when_they_are_called() -> None:
    rule = [i for i in IMPORTS if i.importer == "daemon.cli" and is_in(i.imported, "daemon") and i.imported != "daemon"]
    assert broken([i for i in rule if not i.lazy]) == []


def test_a_running_box_needs_no_file_of_its_own_any_more() -> None:
    """An upgrade puts another program in its place while it serves a payment to the end: what it imports then would be of that one."""
    before_it_runs = (
        "daemon.cli",
        "daemon.commands",
        "daemon.demo",
        "daemon.sandbox",
        "daemon.simulation",
        "daemon.fleet.factory",
        "daemon.gateways.factory",
        "daemon.tills.factory",
        "hw.factory",
    )
    late = [i for i in IMPORTS if i.lazy and is_own(i.imported) and not any(is_in(i.importer, room) for room in before_it_runs)]
    assert broken(late) == []


def test_help_costs_no_library() -> None:
    """Start-up is short because nothing is imported that is not used."""
    script = (
        "import sys, daemon.cli; print(*sorted({m.split('.')[0] for m in sys.modules} & {'aiohttp', 'PIL', 'luma', 'evdev', 'sqlite3'}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == ""


def test_nobody_but_app_and_web_knows_that_anything_is_measured() -> None:
    rule = [i for i in IMPORTS if is_in(i.imported, "daemon.metrics") and not is_in(i.importer, "daemon.metrics")]
    assert broken([i for i in rule if i.importer not in ("daemon.app", "daemon.web.api", "daemon.web.metrics")]) == []


def test_prometheus_library_is_known_in_one_place_and_imported_when_it_is_wanted() -> None:
    rule = [i for i in IMPORTS if i.imported.split(".")[0] == "prometheus_client"]
    assert {i.importer for i in rule} == {"daemon.metrics.exposition"}


def test_the_sandbox_is_no_reflection_of_the_gateways() -> None:
    """A stand-in that used the gateway's own code would forgive its mistakes. The signatures of RFC 9421 are the exception:
    they are held against published vectors and another library."""
    allowed = {"daemon.gateways.signing"}
    rule = [i for i in IMPORTS if is_in(i.importer, "daemon.sandbox") and is_in(i.imported, "daemon.gateways")]
    assert broken([i for i in rule if i.imported not in allowed]) == []


def test_the_daemon_never_imports_cryptography() -> None:
    """It costs more memory than the rest of the box; only the sandbox makes certificates."""
    rule = [i for i in IMPORTS if i.imported.split(".")[0] == "cryptography"]
    assert broken([i for i in rule if not is_in(i.importer, "daemon.sandbox")]) == []


# -- the tree --


def has_code(module: str) -> bool:
    """Whether there is more in it than a docstring."""
    body = ast.parse(FILES[module].read_text(encoding="utf-8")).body
    return any(not isinstance(node, ast.Expr) for node in body)


# A tool that made files which are in the tree, and are tested themselves.
UNNAMED = {"daemon.fonts.make_fonts"}


def test_every_module_has_a_test_module_that_names_it() -> None:
    """A line that is covered by accident from elsewhere is not covered."""
    files = [file for file in (ROOT / "tests").rglob("test_*.py") if file != Path(__file__)]
    tests = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = {file.stem for file in files}
    unnamed = {module for module in FILES if has_code(module) and not is_named(module, tests, names)}
    assert unnamed - UNNAMED == set(), "a test module's name, docstring or imports say what it tests"


def is_named(module: str, tests: str, names: set[str]) -> bool:
    """By the name of its test module (`test_runner`, `test_web_auth`), or inside one: dotted, by import, by path."""
    package, _, name = module.rpartition(".")
    own = {f"test_{name}", f"test_{package.rpartition('.')[2]}_{name}"}
    if own & names or str(FILES[module].relative_to(ROOT)) in tests:
        return True
    by_import = rf"\bfrom {re.escape(package)} import (?:\([^)]*)?[^\n)]*\b{re.escape(name)}\b"
    is_dotted = module in tests and re.search(rf"\b{re.escape(module)}\b", tests) is not None
    return is_dotted or re.search(by_import, tests) is not None


def test_test_files_have_names_of_their_own() -> None:
    """`tests` holds no packages, so two files of one name would shadow each other."""
    names = [file.name for file in (ROOT / "tests").rglob("*.py") if file.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.fixture(scope="module")
def tracked() -> dict[str, str]:
    """The text files that belong to the project, by path."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout: which files belong to the project is not known")
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    found = {}
    for name in filter(None, listed.split("\0")):
        file = ROOT / name
        if file.is_file() and b"\0" not in (content := file.read_bytes()):
            found[name] = content.decode("utf-8", "replace")  # what is fuzzed with need be no text
    return found


def registry_hosts() -> set[str]:
    """Package registries: the well-known ones, and what this machine is set up to use."""
    public = {"pypi" + ".org", "files.pythonhosted" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org", "piwheels" + ".org"}
    configured = [os.environ.get(name, "") for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX")]
    return public | {host for value in configured for url in value.split() if (host := urlsplit(url).hostname)} - {"localhost"}


def test_no_file_names_a_package_registry(tracked: dict[str, str]) -> None:
    hosts = registry_hosts()
    assert [(name, host) for name, text in tracked.items() for host in hosts if host in text] == []


def test_no_file_names_a_path_of_one_machine(tracked: dict[str, str]) -> None:
    ours = re.compile(r"(?<![\w.~-])/(?:" + "work|root" + r")/\w")
    here = str(ROOT) if len(ROOT.parts) > 2 else None
    assert [name for name, text in tracked.items() if ours.search(text) or (here and here in text)] == []


def test_the_lock_names_no_index_and_has_a_hash_for_everything(tracked: dict[str, str]) -> None:
    locks = {name: text for name, text in tracked.items() if re.fullmatch(r"requirements/\w+\.txt", name)}
    assert {Path(name).stem for name in locks} == {"build", "deb", "debian12", "dev", "runtime"}
    for name, text in locks.items():
        assert "://" not in text, name
        assert not re.search(r"^\s*-", re.sub(r"^ +--hash=sha256:[0-9a-f]{64}( \\)?$", "", text, flags=re.MULTILINE), re.MULTILINE), name
        for entry in re.split(r"\n(?=\S)", text.strip()):
            assert entry.startswith("#") or ("==" in entry and "--hash=sha256:" in entry), entry[:80]


def test_debian_12s_libraries_come_from_debian_alone(tracked: dict[str, str]) -> None:
    """Those of them that a lock gave as well would stand before Debian's."""
    of_debian, locked = (
        {name.replace(".", "-") for name in re.findall(r"^(\S+)==", tracked[f"requirements/debian12.{kind}"], re.MULTILINE)}
        for kind in ("in", "txt")
    )
    assert of_debian & locked == set()
    assert {"cffi", "pycparser"} & locked == set(), "cryptography's own, which Debian has built in its way"
