"""Certificates of a made-up authority, and what is wrong with some of them."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

YEAR = timedelta(days=365)


class Certificate(StrEnum):
    """What a TLS host shows."""

    GOOD = "good"
    EXPIRED = "expired"
    SELF_SIGNED = "self_signed"
    WRONG_HOST = "wrong_host"


@dataclass(frozen=True, slots=True)
class Authority:
    """Who signs; `file` is what a client must trust."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def context(self, kind: Certificate, host: str) -> ssl.SSLContext:
        """What a server on `host` needs to show a certificate of that kind."""
        key = ec.generate_private_key(ec.SECP256R1())
        named = "127.255.255.1" if kind is Certificate.WRONG_HOST else host
        until = datetime.now(UTC) + (-timedelta(days=2) if kind is Certificate.EXPIRED else YEAR)
        signer = None if kind is Certificate.SELF_SIGNED else self
        certificate = _sign(named, key, signer, until)
        file = self.folder / f"{kind}-{host}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def make_authority(folder: Path) -> Authority:
    """A new authority, its certificate written into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign("Made-up authority", key, None, datetime.now(UTC) + YEAR)
    authority = Authority(folder, key, certificate)
    authority.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return authority


def _sign(
    name: str, key: ec.EllipticCurvePrivateKey, signer: Authority | None, until: datetime
) -> x509.Certificate:
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(signer.certificate.subject if signer else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 2 * YEAR)
        .not_valid_after(until)
    )
    if name.startswith("127."):
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
        builder = builder.add_extension(alternative, critical=False)
    else:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
    return builder.sign(signer.key if signer else key, hashes.SHA256())
