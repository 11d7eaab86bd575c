"""A council's own certificate authority, and a server on this machine that it vouches for."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Authority:
    """The authority's certificate, and what a server shows and keeps to itself."""

    certificate: Path
    server: ssl.SSLContext


def new_authority(folder: Path) -> Authority:
    """An authority made now, good for a day, that vouches for 127.0.0.1."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = _name("Council authority")
    pem = serialization.Encoding.PEM

    def certificate(subject: x509.Name, holder: ec.EllipticCurvePublicKey, *, ca: bool) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root_name)
            .public_key(holder)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            here = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
        return builder.sign(root_key, hashes.SHA256()).public_bytes(pem)

    own = folder / "authority.pem"
    own.write_bytes(certificate(root_name, root_key.public_key(), ca=True))
    shown, kept = folder / "server.pem", folder / "server.key"
    shown.write_bytes(certificate(_name("A server"), key.public_key(), ca=False))
    kept.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, kept)
    return Authority(own, context)


def _name(said: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, said)])
