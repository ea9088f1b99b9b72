// Verifies envelopes from standard input with node:crypto, with @sigstore/core's encoding, and with @noble/ed25519.
import { createHash, createPrivateKey, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import * as noble from "@noble/ed25519";
import { crypto as sigstoreCrypto, dsse } from "@sigstore/core";

const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const asKey = (hex) => createPublicKey({ key: Buffer.concat([SPKI, Buffer.from(hex, "hex")]), format: "der", type: "spki" });

noble.hashes.sha512 = (message) => new Uint8Array(createHash("sha512").update(message).digest());

const verifiers = {
  node: (message, key, signature) => verify(null, message, asKey(key), signature),
  sigstore: (message, key, signature) => sigstoreCrypto.verify(message, asKey(key), signature),
  // ZIP-215 off: the strict rules of RFC 8032.
  noble: (message, key, signature) => noble.verify(signature, message, Buffer.from(key, "hex"), { zip215: false }),
};

function accepts(verifier, { envelope, document }) {
  const payload = Buffer.from(envelope.payload, "base64");
  const message = dsse.preAuthEncoding(envelope.payloadType, payload);
  const keys = new Map(document.keys.map((key) => [key.keyid, key.public]));
  const signed = envelope.signatures.filter(
    ({ keyid, sig }) => keys.has(keyid) && verifier(message, keys.get(keyid), Buffer.from(sig, "base64")),
  );
  return new Set(signed.map(({ keyid }) => keyid)).size >= document.threshold;
}

function opens({ pem, passphrase }) {
  try {
    const key = createPublicKey(createPrivateKey({ key: pem, passphrase }));
    return key.export({ format: "der", type: "spki" }).subarray(SPKI.length).toString("hex");
  } catch {
    return null;
  }
}

const { envelopes = [], keys = [] } = JSON.parse(readFileSync(0, "utf8"));
const accepted = Object.fromEntries(
  Object.entries(verifiers).map(([name, verifier]) => [name, envelopes.map((one) => accepts(verifier, one))]),
);
console.log(JSON.stringify({ accepted, opened: keys.map(opens) }));
