"""The key files of cryptography-vectors: opened, or refused by what they are."""

import pathlib

import cryptography_vectors
import pytest

VECTORS = pathlib.Path(cryptography_vectors.__file__).parent / "asymmetric"

# The public key in cryptography's own test of the file, or the code of our refusal.
CASES = {
    "PKCS8/ed25519-scrypt.pem": ("hunter42", "4d29167f3f1912a6f7adfa293a051a15c05ec67b8f17267b1c5550dce853bd0d"),
    "Ed25519/ed25519-pkcs8-enc.pem": ("password", "sealed-key-unsupported"),
    "Ed25519/ed25519-pkcs8.pem": ("password", "sealed-key-not-sealed"),
    "Ed25519/ed25519-pkcs8.der": ("password", "sealed-key-not-pem"),
    "Ed25519/ed25519-pkcs8-enc.der": ("password", "sealed-key-not-pem"),
    "Ed25519/ed25519-pub.pem": ("password", "sealed-key-not-pem"),
    "Ed25519/ed25519-pub-non-zero-unused-bits.der": ("password", "sealed-key-not-pem"),
    "X25519/x25519-pkcs8-enc.pem": ("password", "sealed-key-unsupported"),
    "X25519/x25519-pkcs8.pem": ("password", "sealed-key-not-sealed"),
    "OpenSSH/ed25519-psw.key": ("password", "sealed-key-not-pem"),
    "OpenSSH/ed25519-nopsw.key": ("password", "sealed-key-not-pem"),
    "OpenSSH/ed25519-nopsw.key.pub": ("password", "sealed-key-not-pem"),
}


@pytest.mark.parametrize("name", CASES)
def test_key_file(name, open_key):
    passphrase, expected = CASES[name]
    assert open_key(passphrase, VECTORS / name) == [expected]


def test_the_sealed_one_needs_its_passphrase(open_key):
    assert open_key("hunter43", VECTORS / "PKCS8/ed25519-scrypt.pem") == ["sealed-key-passphrase-wrong"]


def test_every_other_pkcs8_file_is_refused(open_key):
    """RSA, EC, DSA keys, and ciphers of other times: none is an Ed25519 key, none may pass or crash."""
    opened = {VECTORS / name for name, (_, expected) in CASES.items() if not expected.startswith("sealed-key-")}
    files = [file for file in sorted((VECTORS / "PKCS8").iterdir()) if file not in opened]
    assert len(files) > 20
    for passphrase in ("password", "123456", "hunter42", "baz"):
        answers = open_key(passphrase, *files)
        assert len(answers) == len(files)
        assert {answer for answer in answers if not answer.startswith("sealed-key-")} == set()
