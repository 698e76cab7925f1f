"""The system's authorities are kept from what does not need them, and from nothing else (daemon.authorities)."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from daemon import authorities

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's only one."""
    file = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return file


def test_a_context_made_meanwhile_believes_nobody(authority: Path) -> None:
    with authorities.hidden():
        assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 0
    assert ssl.create_default_context().cert_store_stats()["x509_ca"] == 1, "those made later believe whom they always did"


def test_the_environment_is_as_before(authority: Path) -> None:
    before = dict(os.environ)
    with pytest.raises(RuntimeError, match="whatever"), authorities.hidden():
        raise RuntimeError("whatever")
    assert dict(os.environ) == before


def test_an_authority_that_is_named_is_believed(authority: Path) -> None:
    with authorities.hidden():
        assert ssl.create_default_context(cafile=authority).cert_store_stats()["x509_ca"] == 1


def test_a_box_that_runs_has_imported_aiohttp_without_them(authority: Path, tmp_path: Path) -> None:
    """The run module itself must not import it, or its contexts are made too early. The box's own gateways find the authorities."""
    script = """
import argparse, gc, ssl, sys
from daemon.commands import run
assert "aiohttp" not in sys.modules
async def count():
    gc.collect()
    print(*(one.cert_store_stats()["x509_ca"] for one in gc.get_objects() if isinstance(one, ssl.SSLContext)))
    from daemon.gateways.tls import TlsSettings, build_context
    print(build_context(TlsSettings()).cert_store_stats()["x509_ca"])
    return 0
run._logged(argparse.Namespace(log_level="error"), count())
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    of_aiohttp, of_a_gateway = ran.stdout.splitlines()
    assert set(of_aiohttp.split()) <= {"0"}, "there are none at all before aiohttp 3.10"
    assert of_a_gateway == "1"
