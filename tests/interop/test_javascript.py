"""node:crypto, @sigstore/core and @noble/ed25519 verify an OLF's envelopes; Node opens a sealed key."""

import json
import pathlib
import subprocess

from tampering import tampered

SCRIPT = pathlib.Path(__file__).with_name("verify.mjs")
VERIFIERS = {"node", "sigstore", "noble"}


def node(question):
    done = subprocess.run(["node", SCRIPT], input=json.dumps(question).encode(), stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def accepted(pairs):
    pairs = [{"envelope": envelope, "document": document} for envelope, document in pairs]
    return node({"envelopes": pairs})["accepted"]


def test_every_envelope_is_verified(sample):
    assert accepted(sample) == {name: [True] * 3 for name in VERIFIERS}


def test_tampered_envelopes_are_refused(sample):
    pairs = [(other, document) for envelope, document in sample for _, other in tampered(envelope)]
    assert len(pairs) == 12
    assert accepted(pairs) == {name: [False] * 12 for name in VERIFIERS}


def test_too_few_signatures_are_refused(sample):
    envelope, document = next(iter(sample))
    one = {**envelope, "signatures": envelope["signatures"][:1] * 2}
    assert accepted([(one, document)]) == {name: [False] for name in VERIFIERS}


def test_node_opens_the_sealed_key(sample):
    pem, about = sample.sealed_pem.read_text(), sample.sealed_key
    right, wrong = ({"pem": pem, "passphrase": passphrase} for passphrase in (about["passphrase"], "wrong"))
    assert node({"keys": [right, wrong]})["opened"] == [about["public"], None]
