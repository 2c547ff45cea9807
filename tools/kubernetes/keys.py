"""The cluster's own keys and kubeconfigs, thrown away with it."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tools.kubernetes.layout import API_ADDRESS, CONTEXT, NODE

#: File → (common name, group): who the parts of the cluster are to each other.
_CLIENTS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", None),
    "scheduler": ("system:kube-scheduler", None),
    "kubelet": (f"system:node:{NODE}", "system:nodes"),
    "kube-proxy": ("system:kube-proxy", None),
    "dns": ("fairlead-dns", None),
}
_DAYS = 365


@dataclass(frozen=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def make_keys(folder: Path) -> None:
    """Write the certificate authority, the server's certificate and a kubeconfig for each part.

    Args:
        folder: The cluster's state; certificates go to ``pki/`` below it.
    """
    pki = folder / "pki"
    pki.mkdir(mode=0o700)
    key = ec.generate_private_key(ec.SECP256R1())
    authority = _Authority(key, _certificate(key, None, "fairlead-test-ca", None, []))
    _write(pki / "ca", key, authority.certificate)
    names: list[x509.GeneralName] = [
        x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", API_ADDRESS)
    ]
    for length in range(1, 6):
        parts = ["kubernetes", "default", "svc", "cluster", "local"][:length]
        names.append(x509.DNSName(".".join(parts)))
    server = ec.generate_private_key(ec.SECP256R1())
    _write(
        pki / "apiserver", server, _certificate(server, authority, "kube-apiserver", None, names)
    )
    for file, (name, group) in _CLIENTS.items():
        client = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(client, authority, name, group, [])
        _write(pki / file, client, certificate)
        _kubeconfig(folder / f"{file}.kubeconfig", file, authority.certificate, client, certificate)
    # Service accounts' tokens are signed with a key that no certificate is made of.
    accounts = ec.generate_private_key(ec.SECP256R1())
    _private(pki / "accounts.key", _pem(accounts))
    (pki / "accounts.pub").write_bytes(
        accounts.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    authority: _Authority | None,
    name: str,
    group: str | None,
    hosts: list[x509.GeneralName],
) -> x509.Certificate:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if group:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    subject = x509.Name(parts)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject if authority else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
    )
    if authority:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
    return builder.sign(authority.key if authority else key, hashes.SHA256())


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(stem: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    _private(stem.with_name(f"{stem.name}.key"), _pem(key))
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    stem.with_name(f"{stem.name}.crt").write_bytes(pem)


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _kubeconfig(
    path: Path,
    user: str,
    authority: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
) -> None:
    def text(content: bytes) -> str:
        return base64.b64encode(content).decode()

    pem = serialization.Encoding.PEM
    cluster = {
        "server": f"https://{API_ADDRESS}:443",
        "certificate-authority-data": text(authority.public_bytes(pem)),
    }
    credentials = {
        "client-certificate-data": text(certificate.public_bytes(pem)),
        "client-key-data": text(_pem(key)),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": user}}],
        "current-context": CONTEXT,
    }
    _private(path, json.dumps(document).encode())  # JSON is YAML
