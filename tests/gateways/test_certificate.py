"""The client certificate, judged before the first sale (wallets.md 1.8: a box that can charge but not revoke is the worst)."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from daemon.gateways.certificate import Role, check_certificate, expires_at, fingerprint

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Pair:
    """A certificate and a key in files of their own."""

    def __init__(
        self, folder: Path, *, begin: dt.datetime = NOW - DAY, end: dt.datetime = NOW + 300 * DAY, purpose: ObjectIdentifier | None = None
    ):
        self.folder, self.cert_file, self.key_file = folder, folder / "apiclient_cert.pem", folder / "apiclient_key.pem"
        self.key: Key = ec.generate_private_key(ec.SECP256R1())
        issuer_key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "1900000109")])
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority nobody knows")])
        builder = x509.CertificateBuilder().issuer_name(issuer).subject_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        self.cert = builder.sign(issuer_key, hashes.SHA256())
        self.cert_file.write_bytes(self.cert.public_bytes(serialization.Encoding.PEM))
        self.write_key(serialization.NoEncryption())

    def write_key(self, encryption: serialization.KeySerializationEncryption, form: str = "PKCS8") -> None:
        pem = self.key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), encryption)
        self.key_file.write_bytes(pem)

    def problems(self, role: Role = Role.CLIENT) -> list[tuple[str, bool]]:
        found = check_certificate(self.cert_file, self.key_file, role)
        assert not any(str(self.folder) in p.text for p in found), "texts name files without their folders"
        return [(p.text, p.blocking) for p in found]


def test_a_good_pair_has_no_problem(tmp_path: Path) -> None:
    assert Pair(tmp_path).problems() == []


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_both_usual_forms_of_a_key_serve(tmp_path: Path, form: str) -> None:
    pair = Pair(tmp_path)
    pair.write_key(serialization.NoEncryption(), form)
    assert pair.problems() == []


def test_a_certificate_for_clients_only_serves(tmp_path: Path) -> None:
    assert Pair(tmp_path, purpose=ExtendedKeyUsageOID.CLIENT_AUTH).problems() == []


def test_a_certificate_for_servers_only_is_worth_a_word_but_blocks_nothing(tmp_path: Path) -> None:
    [(text, blocking)] = Pair(tmp_path, purpose=ExtendedKeyUsageOID.SERVER_AUTH).problems()
    assert "may be refused" in text
    assert not blocking


def test_a_certificate_with_its_chain_serves(tmp_path: Path) -> None:
    root = trustme.CA()
    leaf = root.create_child_ca().issue_cert("box", key_type=trustme.KeyType.RSA)
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    leaf.private_key_pem.write_to_path(str(key))
    assert len(leaf.cert_chain_pems) == 2
    assert check_certificate(cert, key) == []


def test_an_expired_issuer_in_the_file_is_the_providers_business(tmp_path: Path) -> None:
    pair, old = Pair(tmp_path), tmp_path / "old"
    old.mkdir()
    expired = Pair(old, begin=NOW - 20 * DAY, end=NOW - DAY)
    pair.cert_file.write_bytes(pair.cert_file.read_bytes() + expired.cert_file.read_bytes())
    assert pair.problems() == []


def test_text_before_the_certificate_is_passed_over(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.cert_file.write_bytes("Bag Attributes 名\n".encode() + pair.cert_file.read_bytes())
    assert pair.problems() == []


def test_an_expired_certificate_blocks(tmp_path: Path) -> None:
    pair = Pair(tmp_path, begin=NOW - 20 * DAY, end=NOW - DAY)
    assert pair.problems() == [("apiclient_cert.pem has expired, or the box's clock is wrong", True)]


def test_a_certificate_of_tomorrow_blocks_and_hints_at_the_clock(tmp_path: Path) -> None:
    pair = Pair(tmp_path, begin=NOW + DAY)
    assert pair.problems() == [("apiclient_cert.pem is not valid yet, or the box's clock is wrong", True)]


def test_a_certificate_near_its_end_is_announced(tmp_path: Path) -> None:
    pair = Pair(tmp_path, end=NOW + 10 * DAY + dt.timedelta(hours=1))
    assert pair.problems() == [("apiclient_cert.pem expires in 10 days", False)]


@pytest.mark.parametrize("which", ["cert_file", "key_file"])
def test_a_missing_file(tmp_path: Path, which: str) -> None:
    pair = Pair(tmp_path)
    getattr(pair, which).unlink()
    assert pair.problems() == [(f"{getattr(pair, which).name}: there is no such file", True)]


@pytest.mark.parametrize("which", ["cert_file", "key_file"])
def test_a_folder_in_the_place_of_a_file(tmp_path: Path, which: str) -> None:
    pair = Pair(tmp_path)
    getattr(pair, which).unlink()
    getattr(pair, which).mkdir()
    [(text, blocking)] = pair.problems()
    assert text.startswith(f"{getattr(pair, which).name} cannot be read: ")
    assert blocking


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.key_file.chmod(0)
    assert pair.problems() == [("apiclient_key.pem cannot be read: Permission denied", True)]


@pytest.mark.parametrize("which", ["cert_file", "key_file"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00binary", "不是证书".encode()])
def test_a_file_that_is_not_pem(tmp_path: Path, which: str, content: bytes) -> None:
    pair = Pair(tmp_path)
    getattr(pair, which).write_bytes(content)
    assert pair.problems() == [(f"{getattr(pair, which).name} is not PEM", True)]


def test_the_p12_that_the_provider_hands_out_is_recognised(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.cert_file.write_bytes(
        pkcs12.serialize_key_and_certificates(b"box", pair.key, pair.cert, None, serialization.BestAvailableEncryption(b"1900000109"))
    )
    [(text, _)] = pair.problems()
    assert text == "apiclient_cert.pem is not PEM; it looks like PKCS#12 (.p12): take the pair of .pem files"


def test_files_the_wrong_way_round(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.cert_file, pair.key_file = pair.key_file, pair.cert_file
    assert pair.problems() == [("apiclient_key.pem holds no certificate", True)]


def test_a_certificate_in_the_place_of_the_key(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.key_file.write_bytes(pair.cert_file.read_bytes())
    [(text, blocking)] = pair.problems()
    assert text.startswith("apiclient_key.pem cannot be used")
    assert blocking


def test_a_damaged_certificate(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    lines = pair.cert_file.read_text().splitlines()
    pair.cert_file.write_text("\n".join([lines[0], *lines[2:]]))
    assert pair.problems() == [("apiclient_cert.pem holds a damaged certificate", True)]


def test_a_damaged_key(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    lines = pair.key_file.read_text().splitlines()
    pair.key_file.write_text("\n".join([lines[0], lines[1][:40], lines[-1]]))
    [(text, blocking)] = pair.problems()
    assert text.startswith("apiclient_key.pem cannot be used")
    assert blocking


def test_the_key_of_another_certificate(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.key = ec.generate_private_key(ec.SECP256R1())
    pair.write_key(serialization.NoEncryption())
    assert pair.problems() == [("apiclient_key.pem is not the key of apiclient_cert.pem", True)]


def test_a_key_of_another_kind(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.key = rsa.generate_private_key(65537, 2048)
    pair.write_key(serialization.NoEncryption())
    [(text, blocking)] = pair.problems()
    assert "apiclient_key.pem" in text
    assert blocking


def test_an_encrypted_key_is_said_so_and_nobody_is_asked_for_a_passphrase(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.write_key(serialization.BestAvailableEncryption(b"made up"))
    [(text, blocking)] = pair.problems()
    assert text.startswith("apiclient_key.pem: the key is encrypted")
    assert blocking


# -- when it ends --


def test_the_end_of_a_certificate_is_told_to_the_second(tmp_path: Path) -> None:
    pair = Pair(tmp_path, end=NOW + 10 * DAY)
    assert expires_at(pair.cert_file, pair.key_file) == int((NOW + 10 * DAY).timestamp())


def test_one_that_has_ended_or_cannot_be_used_has_none(tmp_path: Path) -> None:
    pair = Pair(tmp_path, begin=NOW - 2 * DAY, end=NOW - DAY)
    assert expires_at(pair.cert_file, pair.key_file) is None
    pair.cert_file.write_text("nothing", encoding="utf-8")
    assert expires_at(pair.cert_file, pair.key_file) is None
    pair.cert_file.unlink()
    assert expires_at(pair.cert_file, pair.key_file) is None


# -- the box's own, as a server


def test_a_certificate_for_servers_serves_the_box_itself(tmp_path: Path) -> None:
    assert Pair(tmp_path, purpose=ExtendedKeyUsageOID.SERVER_AUTH).problems(Role.SERVER) == []
    [(text, blocking)] = Pair(tmp_path, purpose=ExtendedKeyUsageOID.CLIENT_AUTH).problems(Role.SERVER)
    assert "may be refused as a server's certificate" in text
    assert not blocking


@pytest.mark.parametrize(
    ("dates", "text"),
    [
        ({"begin": NOW - 20 * DAY, "end": NOW - DAY}, "apiclient_cert.pem has expired, or the box's clock is wrong"),
        ({"begin": NOW + DAY}, "apiclient_cert.pem is not valid yet, or the box's clock is wrong"),
        ({"end": NOW + 10 * DAY + dt.timedelta(hours=1)}, "apiclient_cert.pem expires in 10 days"),
    ],
)
def test_its_dates_keep_no_box_from_selling(tmp_path: Path, dates: dict[str, dt.datetime], text: str) -> None:
    assert Pair(tmp_path, **dates).problems(Role.SERVER) == [(text, False)]


def test_a_key_of_another_certificate_is_none_for_a_server_either(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.key = ec.generate_private_key(ec.SECP256R1())
    pair.write_key(serialization.NoEncryption())
    assert pair.problems(Role.SERVER) == [("apiclient_key.pem is not the key of apiclient_cert.pem", True)]


def test_a_fingerprint_is_that_of_the_first_certificate(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.cert_file.write_bytes("Bag Attributes 名\n".encode() + pair.cert_file.read_bytes() * 2)
    assert fingerprint(pair.cert_file) == pair.cert.fingerprint(hashes.SHA256())
    with pytest.raises(ValueError, match="no certificate"):
        fingerprint(pair.key_file)
