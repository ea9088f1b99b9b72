//! Fills the field tables and examples of `docs/spec.md` from the source, so that the text cannot drift from the code.
//!
//! Between `<!-- fields: Name -->` and `<!-- end -->` stands a table made from the doc comments of that type; between
//! `<!-- example: kind -->` and `<!-- end -->` a payload made by the protocol crate itself.

use std::fmt::Write as _;

use postern_protocol::documents::*;
use postern_protocol::{Digest, Document, Envelope, Kind, Prepared, sealed_key};

use crate::{World, id, key, now, public};

const SOURCES: &[&str] = &[
    include_str!("../../../protocol/src/documents/bundle.rs"),
    include_str!("../../../protocol/src/documents/child.rs"),
    include_str!("../../../protocol/src/documents/common.rs"),
    include_str!("../../../protocol/src/documents/grant.rs"),
    include_str!("../../../protocol/src/documents/handover.rs"),
    include_str!("../../../protocol/src/documents/ledger.rs"),
    include_str!("../../../protocol/src/documents/license.rs"),
    include_str!("../../../protocol/src/documents/request.rs"),
    include_str!("../../../protocol/src/documents/revocations.rs"),
    include_str!("../../../protocol/src/documents/small.rs"),
    include_str!("../../../protocol/src/documents/terms.rs"),
    include_str!("../../../protocol/src/documents/trust.rs"),
];

/// The page with every table and example as it has to be.
pub fn render(page: &str) -> String {
    let mut out = String::new();
    let mut skipping = false;
    for line in page.lines() {
        if line == "<!-- end -->" {
            skipping = false;
        }
        if skipping {
            continue;
        }
        out.push_str(line);
        out.push('\n');
        let marker = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
        match marker.and_then(|marker| marker.split_once(": ")) {
            Some(("fields", name)) => {
                out.push_str(&fields(name));
                skipping = true;
            }
            Some(("words", name)) => {
                out.push_str(&words(name));
                skipping = true;
            }
            Some(("example", kind)) => {
                out.push_str(&example(kind.parse().unwrap()));
                skipping = true;
            }
            _ => {}
        }
    }
    out
}

/// The lines of a type's body, from its opening line to the closing brace.
fn body(opening: &str) -> Vec<&'static str> {
    let source = SOURCES.iter().find(|source| source.contains(opening));
    let source = source.unwrap_or_else(|| panic!("no type opens with '{opening}'"));
    let from = source.find(opening).unwrap() + opening.len();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let start = source[..from].rfind('\n').map_or(0, |position| position + 1);
    let outer = indent(&source[start..]);
    source[from..].lines().skip(1).take_while(|line| line.trim() != "}" || indent(line) > outer).collect()
}

/// The table of a struct's fields.
fn fields(name: &str) -> String {
    let mut out = String::from("| field | form | says |\n| --- | --- | --- |\n");
    let (mut doc, mut optional) = (String::new(), false);
    for line in body(&format!("pub struct {name} {{")) {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("///") {
            doc = format!("{doc}{text}");
        } else if line.contains("skip_serializing_if") {
            optional = true;
        } else if let Some((field, form)) = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": ")) {
            let form = form_of(form.trim_end_matches(','));
            let form = if optional { format!("{form}; may be absent") } else { form };
            writeln!(out, "| `{field}` | {form} | {} |", plain(&doc)).unwrap();
            (doc, optional) = (String::new(), false);
        }
    }
    out
}

/// The table of an enum of words, or of an enum of tagged objects.
fn words(name: &str) -> String {
    let mut out = String::from("| word | says |\n| --- | --- |\n");
    let mut doc = String::new();
    for line in body(&format!("    {name} {{")) {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("///") {
            doc = format!("{doc}{text}");
        } else if let Some((_, word)) = line.split_once(" = \"") {
            writeln!(out, "| `\"{}\"` | {} |", word.trim_end_matches(['"', ',']), plain(&doc)).unwrap();
            doc = String::new();
        }
    }
    out
}

fn plain(doc: &str) -> String {
    doc.trim().replace('|', "\\|")
}

/// A Rust type as the specification calls it.
fn form_of(rust: &str) -> String {
    let inside = |prefix: &str| rust.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inside("Option<") {
        return form_of(inner);
    }
    if let Some(inner) = inside("Vec<") {
        return format!("list of {}", form_of(inner));
    }
    if let Some(inner) = inside("Ceiling<") {
        return format!("`\"unlimited\"` or {}", form_of(inner));
    }
    match rust {
        "Id" => "id".into(),
        "u64" => "integer".into(),
        "String" => "string".into(),
        "bool" => "`true` or `false`".into(),
        "Time" => "time".into(),
        "Digest" => "digest".into(),
        "PublicKey" => "public key".into(),
        "Kind" => "word".into(),
        "Version" => "`1`".into(),
        "Parent" => "`\"root\"` or digest".into(),
        "Grantor" => "`\"root\"` or public key".into(),
        "Sealed" => "list of strings".into(),
        name => format!("[{name}](#{})", name.to_lowercase()),
    }
}

fn pretty<T: Document>(document: &T) -> String {
    document.check().unwrap();
    format!("```json\n{}\n```\n", serde_json::to_string_pretty(document).unwrap())
}

fn envelope_example(envelope: &Envelope) -> String {
    format!("```json\n{}\n```\n", String::from_utf8_lossy(envelope.line()))
}

/// A payload of this kind, made by the protocol crate.
fn example(kind: Kind) -> String {
    let world = World::new();
    let machine = key(30);
    let token = world.token("t-1");
    let token_digest = Prepared::new(&token).digest();
    let request = world.request(public(&machine), Some(token_digest));
    let request_digest = Prepared::new(&request).digest();
    let license = world.license(public(&machine), Some(request_digest));
    match kind {
        Kind::Trust => {
            pretty(&world.trust)
                + "\nAs it stands in a file, in one line:\n\n"
                + &envelope_example(&world.trust_envelope())
        }
        Kind::Grant => pretty(&world.account),
        Kind::Enablement => pretty(&token),
        Kind::Request => pretty(&request),
        Kind::License => pretty(&license),
        Kind::Bundle => {
            let bundle = world.bundle();
            pretty(bundle.bundle.get())
        }
        Kind::Revocations => pretty(&revocations(&world)),
        Kind::Deactivation => pretty(&deactivation(&world, &license)),
        Kind::Receipt => pretty(&receipt(&world, &license)),
        Kind::TimeTicket => pretty(&time_ticket(&world, &request)),
        Kind::Handover => pretty(&handover(&world)),
        Kind::LedgerEntry => pretty(&ledger_entry(&world, &license, &request)),
    }
}

/// The vendor suspends the account's grant.
pub fn revocations(world: &World) -> Revocations {
    Revocations {
        kind: Kind::Revocations,
        version: Version,
        product: id("automation"),
        issuer: Grantor::Key(public(&world.ops_key)),
        serial: 1,
        issued_at: now(),
        entries: vec![Entry {
            target: Target::Grant { grantor: Grantor::Key(public(&world.ops_key)), id: id("acme-1") },
            standing: Standing::Suspended,
            min_serial: 0,
            effect: InstalledEffect::Keep,
        }],
        extensions: vec![],
    }
}

/// The machine of a license gives it back.
pub fn deactivation(world: &World, license: &License) -> Deactivation {
    Deactivation {
        kind: Kind::Deactivation,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        license_id: license.license_id.clone(),
        device: license.device,
        activation: license.activation.clone(),
        license: Prepared::new(license).digest(),
        sequence: license.sequence,
        usage: Checkpoint { genesis: Digest::of(b"genesis"), count: 7, head: Digest::of(b"record 7") },
        consumption: vec![Counted { counter: id("pages"), total: 412 }],
        variables: vec![],
        ledgers: vec![LedgerReference {
            ledger: LedgerId { key: public(&world.portal_key), epoch: 0 },
            position: 2,
            previous: Digest::of(b"entry 1"),
        }],
        deactivated_at: now().plus(86_400),
        extensions: vec![],
    }
}

/// The portal's receipt for that.
pub fn receipt(world: &World, license: &License) -> Receipt {
    let deactivation = deactivation(world, license);
    Receipt {
        kind: Kind::Receipt,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        license_id: license.license_id.clone(),
        grant: license.grant,
        device: license.device,
        activation: license.activation.clone(),
        deactivation: Prepared::new(&deactivation).digest(),
        consumption: deactivation.consumption,
        settled_at: now().plus(90_000),
        ledger: LedgerReference { position: 3, previous: Digest::of(b"entry 2"), ..license.ledger },
        extensions: vec![],
    }
}

/// The portal's answer to a clock challenge.
pub fn time_ticket(world: &World, request: &Request) -> TimeTicket {
    TimeTicket {
        kind: Kind::TimeTicket,
        version: Version,
        product: id("automation"),
        grant: world.account_digest(),
        device: request.device,
        nonce: request.nonce.clone(),
        time: now(),
        ledger: LedgerReference {
            ledger: LedgerId { key: public(&world.portal_key), epoch: 0 },
            position: 4,
            previous: Digest::of(b"entry 3"),
        },
        extensions: vec![],
    }
}

/// The ledger entry of a license.
pub fn ledger_entry(world: &World, license: &License, request: &Request) -> LedgerEntry {
    LedgerEntry {
        kind: Kind::LedgerEntry,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        place: license.ledger,
        grant: world.account_digest(),
        event: Event::Issued(Issued {
            license: Prepared::new(license).digest(),
            request: license.request,
            cycle: Some(request.cycle),
            enablement: request.enablement,
            proved: Some(request.installed),
            license_id: license.license_id.clone(),
            device: license.device,
            activation: license.activation.clone(),
            sequence: license.sequence,
            allocation: license.allocation.clone(),
            starts_at: license.starts_at,
            ends_at: license.ends_at,
            usable_until: license.ends_at,
            install_before: license.install_before,
            usage: Some(request.usage),
            consumption: vec![],
            accepted_fork: false,
        }),
        at: now(),
        by: "A. Administrator".into(),
        extensions: vec![],
    }
}

/// The ledger's entries when it is handed over right after its beginning.
pub fn handed_over(world: &World) -> [LedgerEntry; 2] {
    let place = LedgerReference {
        ledger: LedgerId { key: public(&world.portal_key), epoch: 0 },
        position: 1,
        previous: Digest::of(b""),
    };
    let begun = LedgerEntry {
        kind: Kind::LedgerEntry,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        place,
        grant: world.account_digest(),
        event: Event::Begun { bundle: world.bundle().bundle.digest() },
        at: now(),
        by: "A. Administrator".into(),
        extensions: vec![],
    };
    let place = LedgerReference { position: 2, previous: Prepared::new(&begun).digest(), ..place };
    let handed = LedgerEntry { place, event: Event::HandedOver { to: "B. Deputy".into() }, ..begun.clone() };
    [begun, handed]
}

/// The handover of that ledger.
pub fn handover(world: &World) -> Handover {
    let [_, last] = handed_over(world);
    let sealed = sealed_key::seal(&world.portal_key, b"sundial orchard", [1; 16], [2; 16]).unwrap();
    Handover {
        kind: Kind::Handover,
        version: Version,
        product: id("automation"),
        account: id("acme"),
        grant: world.account_digest(),
        bundle: world.bundle().bundle.digest(),
        ledger: LedgerReference { position: 3, previous: Prepared::new(&last).digest(), ..last.place },
        sealed_key: sealed.lines().map(str::to_owned).collect(),
        made_at: now(),
        extensions: vec![],
    }
}
