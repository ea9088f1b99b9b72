//! The fields of a license server on the command line.

use std::str::FromStr;

use postern_issuer::{ServerTerms, children, decide_server};
use postern_protocol::documents::{Allowance, Ceiling, InstalledEffect, Step};
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::{Id, Time};

use super::{Out, path, unknown};
use crate::bundle::Key;
use crate::fail::Fail;
use crate::issue::office::{Office, refused};
use crate::moment::{Span, instant, last_instant};
use crate::report::Report;

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// The license server's id: never changes
    #[arg(value_name = "ID")]
    id: Id,
    /// The client that runs it
    #[arg(long, value_name = "NAME")]
    client: String,
    /// The License Code that the client's portal shows
    #[arg(long, value_name = "CODE")]
    license_code: Key,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Changed {
    /// The license server's id
    #[arg(value_name = "ID")]
    id: Id,
    /// Another name of the client
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// Another key: the License Code of the client's new browser
    #[arg(long, value_name = "CODE")]
    license_code: Option<Key>,
    /// With a cut: licenses stop that its machines installed under what they had before
    #[arg(long)]
    stop_installed: bool,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    out: Out,
}

#[derive(Debug, clap::Args)]
struct Fields {
    /// Seats of one type, from now or from a day on; repeated for each type and stage
    #[arg(long, value_name = "TYPE=N[@DAY]")]
    seats: Vec<Stage>,
    /// The last day on which it may issue licenses, and on which they end
    #[arg(long, value_name = "DAY", value_parser = last_instant)]
    until: Option<Time>,
    /// Its licenses end later than that; or "unlimited"
    #[arg(long, value_name = "DAY", value_parser = end)]
    licenses_until: Option<Ceiling<Time>>,
    /// Machines that may hold a license at once; or "unlimited"
    #[arg(long, value_name = "N", value_parser = count)]
    licenses: Option<Ceiling<u64>>,
    /// Longest session; or "unlimited"
    #[arg(long, value_name = "DURATION", value_parser = span)]
    session: Option<Ceiling<u64>>,
    /// License ids that it issues under; default: its own id, or those of the entitlement
    #[arg(long, value_name = "ID")]
    license_id: Vec<Id>,
    /// How deep it may make license servers of its own (the OEM right): whoever holds it passes seats on
    #[arg(long, value_name = "DEPTH")]
    oem: Option<u64>,
    /// Where the client finds its newest bundle
    #[arg(long, value_name = "ADDRESS")]
    url: Option<String>,
    /// An offline server: its portal names no address, and every bundle has to be carried to it
    #[arg(long)]
    offline: Option<bool>,
    /// Whom the client asks; default: your own contact
    #[arg(long, value_name = "TEXT")]
    contact: Option<String>,
    /// How many dead machines it may release
    #[arg(long, value_name = "N")]
    releases: Option<u64>,
    /// How many clocks it may set back
    #[arg(long, value_name = "N")]
    clock_repairs: Option<u64>,
    /// Why the client works without a network, where you may approve it
    #[arg(long, value_name = "TEXT", requires = "approved_by")]
    approve: Option<String>,
    /// Who approved that
    #[arg(long, value_name = "NAME", requires = "approve")]
    approved_by: Option<String>,
    /// The entitlement that it hangs from, where several may delegate
    #[arg(long, value_name = "ID")]
    under: Option<Id>,
}

pub(crate) fn new(args: &New) -> Result<Report, Fail> {
    let office = args.out.open()?;
    let chain = args.fields.path(&office, &args.id);
    let leaf = chain.leaf();
    let fields = &args.fields;
    let until = fields.until.unwrap_or(leaf.issue_until);
    let terms = ServerTerms {
        id: args.id.clone(),
        client_name: args.client.clone(),
        url: String::new(),
        suppress_pings: false,
        contact: office.bundle.bundle.contact.clone(),
        subject: args.license_code.0,
        delegate: 0,
        allowances: vec![],
        license_ids: vec![],
        issue_until: until,
        run_until: Ceiling::Limited(until),
        longest_session: leaf.longest_session,
        license_count: leaf.license_count,
        releases: 0,
        clock_repairs: 0,
        approval: None,
    };
    let terms = fields.over(terms, leaf.issue_from.max(office.now().day_start()));
    let decision = decide_server(&office.desk(&chain), &terms, InstalledEffect::Keep).map_err(refused)?;
    args.out.hand_out(office, decision)
}

pub(crate) fn change(args: &Changed) -> Result<Report, Fail> {
    let office = args.out.open()?;
    let chain = path(&office, &args.id);
    let known = children(&office.desk(&chain)).into_iter().find(|one| one.delegated.child.id == args.id);
    let Some(known) = known else { return Err(unknown(Some(&args.id))) };
    let mut terms = ServerTerms::of(&known.delegated, &office.bundle.bundle.contact);
    terms.client_name = args.client.clone().unwrap_or(terms.client_name);
    terms.subject = args.license_code.map_or(terms.subject, |code| code.0);
    let terms = args.fields.over(terms, office.now().day_start());
    let effect = if args.stop_installed { InstalledEffect::Stop } else { InstalledEffect::Keep };
    let decision = decide_server(&office.desk(&chain), &terms, effect).map_err(refused)?;
    args.out.hand_out(office, decision)
}

impl Fields {
    fn path(&self, office: &Office<'_>, id: &Id) -> postern_protocol::Chain {
        match &self.under {
            Some(under) => office.path(|bundle, subject| {
                postern_issuer::chains_of(bundle, subject).into_iter().find(|chain| chain.leaf().id == *under)
            }),
            None => path(office, id),
        }
    }

    /// These terms, with everything that the command line says.
    fn over(&self, terms: ServerTerms, from: Time) -> ServerTerms {
        let approval = self.approve.clone().zip(self.approved_by.clone());
        ServerTerms {
            url: self.url.clone().unwrap_or(terms.url),
            suppress_pings: self.offline.unwrap_or(terms.suppress_pings),
            contact: self.contact.clone().unwrap_or(terms.contact),
            delegate: self.oem.unwrap_or(terms.delegate),
            allowances: stages(&self.seats, from, terms.allowances),
            license_ids: if self.license_id.is_empty() { terms.license_ids } else { self.license_id.clone() },
            issue_until: self.until.unwrap_or(terms.issue_until),
            run_until: self.licenses_until.or(self.until.map(Ceiling::Limited)).unwrap_or(terms.run_until),
            longest_session: self.session.unwrap_or(terms.longest_session),
            license_count: self.licenses.unwrap_or(terms.license_count),
            releases: self.releases.unwrap_or(terms.releases),
            clock_repairs: self.clock_repairs.unwrap_or(terms.clock_repairs),
            approval: approval.or(terms.approval),
            ..terms
        }
    }
}

/// Types that are named get the stages that are named, and keep the steps that have passed; the others stay as they are.
fn stages(named: &[Stage], now: Time, mut allowances: Vec<Allowance>) -> Vec<Allowance> {
    let mut begun: Vec<&Id> = Vec::new();
    for stage in named {
        let step = Step { from: stage.from.unwrap_or(now), quantity: stage.quantity };
        let place = match allowances.iter().position(|one| one.seat_type == stage.seat_type) {
            Some(place) => place,
            None => {
                allowances.push(Allowance { seat_type: stage.seat_type.clone(), steps: vec![] });
                allowances.len() - 1
            }
        };
        let Some(allowance) = allowances.get_mut(place) else { continue };
        if !begun.contains(&&stage.seat_type) {
            begun.push(&stage.seat_type);
            allowance.steps.retain(|step| step.from < now);
        }
        allowance.steps.retain(|one| one.from != step.from);
        allowance.steps.push(step);
        allowance.steps.sort_by_key(|step| step.from);
    }
    allowances.retain(|one| one.steps.iter().any(|step| step.quantity > 0));
    allowances
}

/// `bot-runner=20`, or `bot-runner=20@2027-01-01`.
#[derive(Clone, Debug)]
struct Stage {
    seat_type: Id,
    quantity: u64,
    from: Option<Time>,
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || "write the seat type, '=', a number, and for a stage '@' and a day: bot-runner=20@2027-01-01".to_owned();
        let (seat_type, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (number, day) = rest.split_once('@').map_or((rest, None), |(number, day)| (number, Some(day)));
        let quantity = number.parse().ok().filter(|quantity| *quantity <= MAX_INTEGER).ok_or_else(wrong)?;
        let seat_type = seat_type.parse().map_err(|_| wrong())?;
        Ok(Self { seat_type, quantity, from: day.map(instant).transpose()? })
    }
}

fn end(text: &str) -> Result<Ceiling<Time>, String> {
    if text == "unlimited" { Ok(Ceiling::Unlimited) } else { last_instant(text).map(Ceiling::Limited) }
}

fn count(text: &str) -> Result<Ceiling<u64>, String> {
    let number = || text.parse().ok().filter(|number| *number <= MAX_INTEGER).map(Ceiling::Limited);
    if text == "unlimited" { Some(Ceiling::Unlimited) } else { number() }
        .ok_or_else(|| "a whole number, or the word \"unlimited\"".into())
}

fn span(text: &str) -> Result<Ceiling<u64>, String> {
    if text == "unlimited" {
        return Ok(Ceiling::Unlimited);
    }
    text.parse::<Span>().map(|span| Ceiling::Limited(span.0)).map_err(|wrong| wrong.to_string())
}
