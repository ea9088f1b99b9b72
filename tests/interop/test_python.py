"""securesystemslib and pyca/cryptography verify an OLF's envelopes and open a sealed key."""

import base64
import copy
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from tampering import tampered


def sslib_keys(document):
    # The key ids are Postern's own: DSSE leaves them to the application.
    return [
        SSlibKey(key["keyid"], "ed25519", "ed25519", {"public": key["public"]}, None) for key in document["keys"]
    ]


def sslib_verify(envelope, document):
    # `from_dict` takes its argument apart.
    return Envelope.from_dict(copy.deepcopy(envelope)).verify(sslib_keys(document), document["threshold"])


def test_securesystemslib_verifies_every_envelope(sample):
    for envelope, document in sample:
        accepted = sslib_verify(envelope, document)
        assert len(accepted) >= document["threshold"]
        assert set(accepted) <= {key["keyid"] for key in document["keys"]}


def test_securesystemslib_refuses_tampered_envelopes(sample):
    for envelope, document in sample:
        for change, other in tampered(envelope):
            with pytest.raises(VerificationError):
                sslib_verify(other, document)
                pytest.fail(change)


def test_securesystemslib_refuses_too_few_signatures(sample):
    envelope, document = next(iter(sample))
    one = {**envelope, "signatures": envelope["signatures"][:1]}
    assert document["threshold"] == 2
    with pytest.raises(VerificationError):
        sslib_verify(one, document)


def pae(envelope):
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def pyca_verify(envelope, document):
    keys = {key["keyid"]: bytes.fromhex(key["public"]) for key in document["keys"]}
    for signature in envelope["signatures"]:
        key = Ed25519PublicKey.from_public_bytes(keys[signature["keyid"]])
        key.verify(base64.b64decode(signature["sig"]), pae(envelope))


def test_pyca_verifies_every_signature(sample):
    for envelope, document in sample:
        assert len(envelope["signatures"]) >= document["threshold"]
        pyca_verify(envelope, document)


def test_pyca_refuses_tampered_envelopes(sample):
    for envelope, document in sample:
        for change, other in tampered(envelope):
            with pytest.raises(InvalidSignature):
                pyca_verify(other, document)
                pytest.fail(change)


def test_identities_are_digests_of_the_payload(sample):
    for envelope, document in sample:
        digest = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()
        assert document["digest"] == f"sha256:{digest}"
        assert envelope["payloadType"] == document["payload_type"]


def test_key_ids_are_digests_of_the_key(sample):
    for envelope, document in sample:
        for key in document["keys"]:
            assert key["keyid"] == "sha256:" + hashlib.sha256(bytes.fromhex(key["public"])).hexdigest()


def test_pyca_opens_the_sealed_key(sample):
    pem, about = sample.sealed_pem.read_bytes(), sample.sealed_key
    key = load_pem_private_key(pem, about["passphrase"].encode())
    assert key.public_key().public_bytes_raw().hex() == about["public"]
    with pytest.raises(ValueError):
        load_pem_private_key(pem, b"another passphrase")


def test_what_pyca_signs_with_the_opened_key_is_what_postern_signs(sample):
    """Ed25519 is deterministic: one key, one message, one signature."""
    key = load_pem_private_key(sample.sealed_pem.read_bytes(), sample.sealed_key["passphrase"].encode())
    license = sample.envelopes[2]
    assert base64.b64encode(key.sign(pae(license))).decode() == license["signatures"][0]["sig"]
