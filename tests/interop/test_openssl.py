"""openssl verifies the pre-authentication encoding, opens our sealed key, and seals keys that we open."""

import base64
import shutil
import subprocess

import pytest

from tampering import tampered
from test_python import pae

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

# SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410).
SPKI = bytes.fromhex("302a300506032b6570032100")
SEAL = "-topk8 -scrypt -scrypt_N 16384 -scrypt_r 8 -scrypt_p 5 -v2 aes-256-cbc".split()


def openssl(*arguments, input=None):
    return subprocess.run([OPENSSL, *map(str, arguments)], input=input, capture_output=True)


def verifies(folder, envelope, document):
    """Whether openssl accepts every signature by the key that its key id names."""
    keys = {key["keyid"]: bytes.fromhex(key["public"]) for key in document["keys"]}
    message, signature_file, key_file = folder / "pae", folder / "sig", folder / "key.der"
    message.write_bytes(pae(envelope))
    for signature in envelope["signatures"]:
        signature_file.write_bytes(base64.b64decode(signature["sig"]))
        key_file.write_bytes(SPKI + keys[signature["keyid"]])
        key = ["-pubin", "-keyform", "DER", "-inkey", key_file]
        done = openssl("pkeyutl", "-verify", "-rawin", *key, "-in", message, "-sigfile", signature_file)
        if done.returncode != 0 or b"Signature Verified Successfully" not in done.stdout:
            return False
    return len(envelope["signatures"]) > 0


def test_openssl_verifies_every_signature(sample, tmp_path):
    for envelope, document in sample:
        assert verifies(tmp_path, envelope, document)


def test_openssl_refuses_tampered_envelopes(sample, tmp_path):
    for envelope, document in sample:
        for change, other in tampered(envelope):
            assert not verifies(tmp_path, other, document), change


def test_openssl_opens_the_sealed_key(sample):
    about = sample.sealed_key
    opened = openssl("pkey", "-in", sample.sealed_pem, "-passin", "pass:" + about["passphrase"], "-pubout", "-outform", "DER")
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout == SPKI + bytes.fromhex(about["public"])
    assert openssl("pkey", "-in", sample.sealed_pem, "-passin", "pass:wrong", "-noout").returncode != 0


def test_a_new_key_sealed_by_openssl_is_opened(tmp_path, open_key):
    plain, sealed = tmp_path / "plain.pem", tmp_path / "sealed.pem"
    assert openssl("genpkey", "-algorithm", "ed25519", "-out", plain).returncode == 0
    done = openssl("pkcs8", *SEAL, "-passout", "pass:some words", "-in", plain, "-out", sealed)
    assert done.returncode == 0, done.stderr
    public = openssl("pkey", "-in", plain, "-pubout", "-outform", "DER").stdout[len(SPKI):].hex()
    assert open_key("some words", sealed, plain) == [public, "sealed-key-not-sealed"]
    assert open_key("other words", sealed) == ["sealed-key-passphrase-wrong"]
