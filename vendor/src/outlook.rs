//! `postern expiring` and `postern report`: what the registry says of all accounts at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use postern_protocol::documents::Ceiling;
use postern_protocol::time::DAY;
use postern_protocol::{Id, PublicKey, Time, describe};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::csv;
use crate::fail::Fail;
use crate::moment::{At, Span};
use crate::registry::{Account, AccountName, Registry, What, Which};
use crate::report::Report;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern expiring --within 90d\n  postern expiring --within '12 weeks' --csv > ends.csv"
)]
pub(crate) struct ExpiringArgs {
    /// How far ahead, as 90d or "12 weeks"
    #[arg(long, value_name = "DURATION", value_parser = span, default_value = "90d")]
    within: Span,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  postern report\n  postern report --account acme --json\n  postern report --csv > accounts.csv"
)]
pub(crate) struct ReportArgs {
    /// Only this account; may be given several times
    #[arg(long, value_name = "ACCOUNT")]
    account: Vec<Id>,
    #[command(flatten)]
    shared: Shared,
}

#[derive(Debug, clap::Args)]
struct Shared {
    /// Print a table for spreadsheets (RFC 4180)
    #[arg(long)]
    csv: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

/// One line of `postern expiring`.
#[derive(Serialize)]
struct EndingRow {
    at: Time,
    days: u64,
    account: Id,
    grantor: Option<PublicKey>,
    what: &'static str,
    name: String,
    machine: Option<PublicKey>,
}

/// One line of `postern report`: an account's seats of one type.
#[derive(Serialize)]
struct AccountRow {
    account: Id,
    grantor: Option<PublicKey>,
    /// None for an account without seats.
    seat_type: Option<Id>,
    bought: Ceiling<u64>,
    allocated: u64,
    in_use: u64,
    machines: u64,
    last_entry: Option<u64>,
    last_heard: Option<Time>,
    findings: u64,
    next_end: Option<Time>,
}

pub(crate) fn expiring(args: &ExpiringArgs) -> Result<Report, Fail> {
    let registry = args.shared.which.open()?;
    let now = args.shared.at.time();
    let names: HashMap<i64, AccountName> =
        registry.accounts()?.into_iter().map(|account| (account.row, account.name)).collect();
    let endings = registry.endings(now, now.plus(args.within.0))?.into_iter().filter_map(|ending| {
        let name = names.get(&ending.account)?;
        Some(EndingRow {
            at: ending.at,
            days: ending.at.since(now) / DAY,
            account: name.id.clone(),
            grantor: name.grantor,
            what: word(ending.what),
            name: ending.name,
            machine: ending.device,
        })
    });
    let rows: Vec<EndingRow> = endings.collect();
    let cells = rows.iter().map(|row| {
        let machine = row.machine.map(|key| if args.shared.csv { key.to_string() } else { key.short() });
        let name = account_name(&row.account, row.grantor.as_ref());
        vec![
            args.shared.time(row.at),
            row.days.to_string(),
            name,
            row.what.into(),
            row.name.clone(),
            machine.unwrap_or_default(),
        ]
    });
    let head = ["at", "days", "account", "what", "name", "machine"];
    let nothing = format!("Nothing ends until {}.", describe::time(now.plus(args.within.0)));
    Ok(Report::new(args.shared.table(&head, cells.collect(), &nothing), &serde_json::json!({ "expiring": rows })))
}

pub(crate) fn report(args: &ReportArgs) -> Result<Report, Fail> {
    let registry = args.shared.which.open()?;
    let now = args.shared.at.time();
    let accounts = match args.account.as_slice() {
        [] => registry.accounts()?,
        named => named.iter().map(|id| registry.find_account(id)).collect::<Result<_, _>>()?,
    };
    let mut findings: HashMap<i64, u64> = HashMap::new();
    for found in registry.findings()? {
        *findings.entry(found.row).or_default() += 1;
    }
    let mut next: HashMap<i64, Time> = HashMap::new();
    for ending in registry.endings(now, Time::MAX.minus(1))? {
        next.entry(ending.account).or_insert(ending.at);
    }
    let mut rows = Vec::new();
    for account in &accounts {
        let found = findings.get(&account.row).copied().unwrap_or(0);
        rows.extend(account_rows(&registry, account, now, found, next.get(&account.row).copied())?);
    }
    let cells = rows.iter().map(|row| {
        let text = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let time = |at: Option<Time>| at.map_or_else(String::new, |at| args.shared.time(at));
        vec![
            account_name(&row.account, row.grantor.as_ref()),
            row.seat_type.as_ref().map(ToString::to_string).unwrap_or_default(),
            row.bought.to_string(),
            row.allocated.to_string(),
            row.in_use.to_string(),
            row.machines.to_string(),
            text(row.last_entry),
            time(row.last_heard),
            row.findings.to_string(),
            time(row.next_end),
        ]
    });
    let head = [
        "account",
        "seats",
        "bought",
        "allocated",
        "in use",
        "machines",
        "last entry",
        "last heard",
        "findings",
        "next end",
    ];
    let table = args.shared.table(&head, cells.collect(), "The registry has no account yet.");
    Ok(Report::new(table, &serde_json::json!({ "accounts": rows })))
}

fn account_rows(
    registry: &Registry,
    account: &Account,
    now: Time,
    findings: u64,
    next_end: Option<Time>,
) -> Result<Vec<AccountRow>, Fail> {
    let mut bought: BTreeMap<Id, Ceiling<u64>> = BTreeMap::new();
    for grant in registry.newest_grants(account.row)? {
        let Ceiling::Limited(allowances) = &grant.allowances else { continue };
        for one in allowances.iter().filter(|_| grant.rights.issue || grant.rights.refresh) {
            let sum = bought.entry(one.seat_type.clone()).or_insert(Ceiling::Limited(0));
            if let Ceiling::Limited(sum) = sum {
                *sum = sum.saturating_add(one.at(now));
            }
        }
    }
    // Of each machine the most that any of its licenses gives it.
    let mut allocated: BTreeMap<(PublicKey, Id), u64> = BTreeMap::new();
    let mut machines: HashSet<PublicKey> = HashSet::new();
    for held in registry.held(account.row)?.into_iter().filter(|held| held.usable_until.allows(now)) {
        machines.insert(held.device);
        for one in &held.allocation {
            let most = allocated.entry((held.device, one.seat_type.clone())).or_default();
            *most = one.at(now).max(*most);
        }
    }
    let in_use = registry.in_use(account.row)?;
    let last = registry.last_entry(account.row)?;
    let row = |seat_type: Option<&Id>, bought: Ceiling<u64>| AccountRow {
        account: account.name.id.clone(),
        grantor: account.name.grantor,
        seat_type: seat_type.cloned(),
        bought,
        allocated: allocated.iter().filter(|((_, of), _)| Some(of) == seat_type).map(|(_, seats)| seats).sum(),
        in_use: in_use.iter().filter(|(of, _)| Some(of) == seat_type).map(|(_, seats)| seats).sum(),
        machines: machines.len() as u64,
        last_entry: last.map(|(position, _)| position),
        last_heard: last.map(|(_, at)| at),
        findings,
        next_end,
    };
    for (_, seat_type) in allocated.keys() {
        bought.entry(seat_type.clone()).or_insert(Ceiling::Limited(0));
    }
    if bought.is_empty() {
        return Ok(vec![row(None, Ceiling::Limited(0))]);
    }
    Ok(bought.iter().map(|(seat_type, bought)| row(Some(seat_type), *bought)).collect())
}

impl Shared {
    /// People read times in words, spreadsheets as documents write them.
    fn time(&self, at: Time) -> String {
        if self.csv { at.to_string() } else { at.date() }
    }

    fn table(&self, head: &[&str], rows: Vec<Vec<String>>, nothing: &str) -> String {
        if self.csv {
            let mut text = Zeroizing::new(String::new());
            let names: Vec<String> = head.iter().map(|name| name.replace(' ', "_")).collect();
            csv::write(&mut text, &names.iter().map(String::as_str).collect::<Vec<_>>());
            for row in &rows {
                csv::write(&mut text, &row.iter().map(String::as_str).collect::<Vec<_>>());
            }
            return text.to_string();
        }
        if rows.is_empty() {
            return nothing.into();
        }
        let all: Vec<Vec<String>> = [head.iter().map(ToString::to_string).collect()].into_iter().chain(rows).collect();
        let width = |column: usize| {
            all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
        };
        all.iter().map(line).collect()
    }
}

fn account_name(id: &Id, grantor: Option<&PublicKey>) -> String {
    AccountName { id: id.clone(), grantor: grantor.copied() }.to_string()
}

fn word(what: What) -> &'static str {
    match what {
        What::Bundle => "bundle",
        What::Issuing => "issuing",
        What::Entitlement => "entitlement",
        What::License => "license",
    }
}

/// A duration, also as people say it at a command line: `90d`.
fn span(text: &str) -> Result<Span, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    let words = days.map_or_else(|| text.to_owned(), |days| format!("{days} days"));
    Span::from_str(&words).map_err(|error| format!("{error}, or \"90d\""))
}
