"""Throw-away certificates: they verify as real ones do, and nobody else can read the keys."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from daemon.sandbox.tls import Certificates, make_certificates, server_context, write_private


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> ssl.SSLObject:
    """Both ends of a TLS handshake in memory; returns the server's end, with one byte sent through."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (ours, theirs):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    ours.write(b"x")
    assert theirs.read(1) == b"x"
    return theirs


def client_context(certificates: Certificates, *, with_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python 3.13 does by itself
    if with_certificate:
        context.load_cert_chain(certificates.client_cert_file, certificates.client_key_file)
    return context


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_the_server_is_who_it_says(tmp_path: Path, host: str) -> None:
    made = make_certificates(tmp_path)
    assert not shake_hands(server_context(made), client_context(made, with_certificate=False), host).getpeercert()


def test_another_host_name_is_refused(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(server_context(made), client_context(made, with_certificate=False), "api.example.com")


def test_it_has_other_names_where_it_is_reached_by_them(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, names=["provider.test"])
    for host in ("provider.test", "localhost"):
        assert not shake_hands(server_context(made), client_context(made, with_certificate=False), host).getpeercert()


def test_a_client_certificate_is_seen_by_the_server(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    server = shake_hands(server_context(made), client_context(made, with_certificate=True), "localhost")
    assert "sandbox client" in str(server.getpeercert())


def test_where_it_is_required_the_handshake_fails_without_one(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)
    with pytest.raises(ssl.SSLError):
        shake_hands(server_context(made, client_required=True), client_context(made, with_certificate=False), "localhost")


def test_an_expired_client_certificate_is_refused(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, client_days=-1)
    with pytest.raises(ssl.SSLError):
        shake_hands(server_context(made), client_context(made, with_certificate=True), "localhost")


def test_a_certificate_of_another_run_is_refused(tmp_path: Path) -> None:
    ours, theirs = make_certificates(tmp_path / "ours"), make_certificates(tmp_path / "theirs")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server_context(ours), client_context(theirs, with_certificate=False), "localhost")


def test_only_the_owner_can_read_what_was_written(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "sandbox"
    made = make_certificates(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert sorted(path.name for path in directory.iterdir()) == ["ca.pem", "client.key", "client.pem", "server.key", "server.pem"]
    assert "PRIVATE" not in made.ca_file.read_text()


def test_a_file_that_was_open_to_others_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
