"""Changes after which no verifier may accept an envelope."""

import base64
import copy
import json


def _flipped(text, at):
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(bytes(raw)).decode()


def _payload(envelope):
    envelope["payload"] = _flipped(envelope["payload"], 40)


def _payload_type(envelope):
    envelope["payloadType"] = "application/vnd.postern.receipt.v1+json"


def _signatures(envelope):
    for signature in envelope["signatures"]:
        signature["sig"] = _flipped(signature["sig"], 5)


def _reformatted(envelope):
    """The same JSON with a space more: what is signed is bytes."""
    payload = json.loads(base64.b64decode(envelope["payload"]))
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()


def tampered(envelope):
    """The envelope once for each change, with the change's name."""
    for change in (_payload, _payload_type, _signatures, _reformatted):
        other = copy.deepcopy(envelope)
        change(other)
        yield change.__name__.strip("_"), other
