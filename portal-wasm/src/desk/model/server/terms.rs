//! The fields of a license server, as they are typed, and the terms that they mean.

use postern_issuer::{ChildRefusal, ChildServer, Decision, Refusal, ServerTerms, decide_server};
use postern_protocol::documents::{Allowance, Approval, ApprovalRight, Ceiling, Step};
use postern_protocol::limits::MAX_INTEGER;
use postern_protocol::{Chain, Id, PublicKey, Time, license_code};

use super::{delegating, effect};
use crate::desk::model::account::Account;
use crate::desk::model::error::{PortalError, refused};
use crate::desk::model::shown::Explained;

/// The fields, as they were typed, and what is said to them.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The id of the entitlement that it hangs from.
    pub under: Id,
    /// How it stands now; none for a new one.
    pub known: Option<ChildServer>,
    /// The texts, by the name of their field.
    texts: Vec<(&'static str, String)>,
    /// Each seat type with its stages: first day and number.
    pub stages: Vec<(Id, Vec<(String, String)>)>,
    /// An offline server.
    pub offline: bool,
    /// Somebody looked twice at what is dangerous.
    pub looked: bool,
    /// With a cut, installed licenses stop as well.
    pub stop: bool,
    /// What is wrong, by the name of the field; without one it is about everything.
    pub problems: Vec<(String, Explained)>,
    /// Whether it can be decided so.
    pub decided: bool,
}

/// Everything that goes wrong with a field or as a whole.
type Problems = Vec<(String, Explained)>;

impl Terms {
    /// A new license server under an entitlement.
    pub fn new(chain: &Chain, account: &Account, now: Time) -> Self {
        let leaf = chain.leaf();
        let until = leaf.issue_until.date();
        let stage = |one: &Allowance| (one.seat_type.clone(), vec![(now.date(), String::new())]);
        let mut texts = empty();
        set(&mut texts, "until", until);
        set(&mut texts, "contact", account.bundle().contact.clone());
        set(&mut texts, "session", hours(leaf.longest_session));
        set(&mut texts, "licenses", "1".into());
        let terms = Self {
            under: leaf.id.clone(),
            known: None,
            texts,
            stages: leaf.allowances.limit().into_iter().flatten().map(stage).collect(),
            offline: false,
            looked: false,
            stop: false,
            problems: Vec::new(),
            decided: false,
        };
        terms.judged(account, now)
    }

    /// Other terms for a license server.
    pub fn change(chain: &Chain, known: ChildServer, account: &Account, now: Time) -> Self {
        let mut terms = Self::new(chain, account, now);
        let has = ServerTerms::of(&known.delegated, &account.bundle().contact);
        let ids: Vec<&str> = has.license_ids.iter().map(Id::as_str).collect();
        let (reason, reviewer) = has.approval.unwrap_or_default();
        for (name, text) in [
            ("client", has.client_name),
            ("id", has.id.to_string()),
            ("code", license_code::encode(has.subject.as_bytes())),
            ("url", has.url),
            ("until", has.issue_until.date()),
            ("licenses", number(has.license_count)),
            ("session", hours(has.longest_session)),
            ("license-ids", ids.join(", ")),
            ("oem", has.delegate.to_string()),
            ("releases", has.releases.to_string()),
            ("repairs", has.clock_repairs.to_string()),
            ("reason", reason),
            ("reviewer", reviewer),
        ] {
            set(&mut terms.texts, name, text);
        }
        terms.offline = has.suppress_pings;
        terms.looked = true;
        for (seat_type, stages) in &mut terms.stages {
            let allowance = has.allowances.iter().find(|one| one.seat_type == *seat_type);
            let steps = allowance.into_iter().flat_map(|one| &one.steps);
            *stages = steps.map(|step| (step.from.date(), step.quantity.to_string())).collect();
        }
        terms.known = Some(known);
        terms.judged(account, now)
    }

    /// What is typed in a field.
    pub fn text(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text)
    }

    /// What is wrong with a field.
    pub fn problems_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Explained> {
        self.problems.iter().filter(move |(field, _)| field == name).map(|(_, problem)| problem)
    }

    /// Whether what is dangerous is asked for: clients of its own, or no address of its parent.
    pub fn dangerous(&self) -> bool {
        self.offline || self.text("oem").trim().parse::<u64>().is_ok_and(|depth| depth > 0)
    }

    /// One more stage for a seat type, or one less.
    pub fn stage(&mut self, seat_type: &str, less: Option<usize>) {
        let Some((_, stages)) = self.stages.iter_mut().find(|(id, _)| id.as_str() == seat_type) else { return };
        match less {
            Some(index) if index < stages.len() => drop(stages.remove(index)),
            Some(_) => {}
            None => stages.push((String::new(), String::new())),
        }
    }

    pub(super) fn edit(&mut self, field: &str, typed: &str, ticked: bool) {
        match field.split('/').collect::<Vec<_>>().as_slice() {
            ["offline"] => (self.offline, self.looked) = (ticked, false),
            ["looked"] => self.looked = ticked,
            ["stop"] => self.stop = ticked,
            [part @ ("day" | "number"), seat_type, index] => {
                let stages = self.stages.iter_mut().find(|(id, _)| id.as_str() == *seat_type);
                let stage = index.parse::<usize>().ok().zip(stages).and_then(|(index, (_, list))| list.get_mut(index));
                if let Some((day, number)) = stage {
                    *if *part == "day" { day } else { number } = typed.into();
                }
            }
            [name] => {
                if *name == "oem" {
                    self.looked = false;
                }
                // The id follows the client's name until somebody types one.
                if *name == "client" && self.known.is_none() && self.text("id") == slug(self.text("client")) {
                    set(&mut self.texts, "id", slug(typed));
                }
                set(&mut self.texts, name, typed.into());
            }
            _ => {}
        }
    }

    /// With what the issuing core says to it now.
    pub fn judged(mut self, account: &Account, now: Time) -> Self {
        (self.problems, self.decided) = match self.decide(account, now) {
            Ok(_) => (Vec::new(), true),
            Err(problems) => (problems, false),
        };
        self
    }

    pub(super) fn decide(&self, account: &Account, now: Time) -> Result<Decision, Problems> {
        let mut problems = Vec::new();
        let chain = delegating(account).find(|chain| chain.leaf().id == self.under);
        let Some(chain) = chain else {
            let error = PortalError::NoServer { id: self.under.to_string() };
            return Err(vec![(String::new(), Explained::from(&error))]);
        };
        let terms = self.terms(chain, &mut problems);
        if self.dangerous() && !self.looked {
            problems.push(("looked".into(), Explained::from(&PortalError::ServerLook)));
        }
        let Some(terms) = terms.filter(|_| problems.is_empty()) else { return Err(problems) };
        let decided = decide_server(&account.desk(chain, now), &terms, effect(self.stop));
        decided.map_err(|refusals| refusals.iter().map(|one| (field_of(one), refused(one, account.bundle()))).collect())
    }

    fn terms(&self, chain: &Chain, problems: &mut Problems) -> Option<ServerTerms> {
        let leaf = chain.leaf();
        let mut wrong = |field: &str| {
            let error = PortalError::ServerField { field: field.into() };
            problems.push((field.into(), Explained::from(&error)));
        };
        let mut whole = |field: &'static str| -> Option<u64> {
            let typed = self.text(field).trim();
            let number = if typed.is_empty() { Some(0) } else { typed.parse().ok().filter(|n| *n <= MAX_INTEGER) };
            if number.is_none() {
                wrong(field);
            }
            number
        };
        let (oem, releases, repairs) = (whole("oem"), whole("releases"), whole("repairs"));
        let (licenses, session) = (whole("licenses"), whole("session"));
        let id = self.text("id").trim().parse::<Id>().ok();
        let subject = license_code::decode(self.text("code").trim()).ok().map(PublicKey::from_bytes);
        let subject = subject.filter(|key| key.import().is_ok());
        let until = Time::from_date(self.text("until")).map(Time::day_end);
        let ids: Option<Vec<Id>> =
            self.text("license-ids").split([',', ' ']).filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect();
        for (field, bad) in [
            ("id", id.is_none()),
            ("code", subject.is_none()),
            ("until", until.is_none()),
            ("license-ids", ids.is_none()),
        ] {
            if bad {
                wrong(field);
            }
        }
        let allowances = self.allowances(&mut wrong)?;
        // A blank number is no limit, where the parent has none either.
        let limit = |typed: &str, number: u64, parent: Ceiling<u64>| match parent {
            Ceiling::Unlimited if typed.trim().is_empty() => Ceiling::Unlimited,
            _ => Ceiling::Limited(number),
        };
        let approves = leaf.approval == Approval::Right(ApprovalRight::MayApprove);
        let approval = (self.text("reason").trim(), self.text("reviewer").trim());
        let approval = (approves && approval != ("", "")).then(|| (approval.0.into(), approval.1.into()));
        // What is not to be seen on this page stays as it is.
        let before = self.known.as_ref().map(|known| known.delegated.child.as_ref());
        let kept = before.filter(|before| before.run_until != Ceiling::Limited(before.issue_until));
        let until = until?;
        Some(ServerTerms {
            id: id?,
            client_name: self.text("client").into(),
            url: self.text("url").trim().into(),
            suppress_pings: self.offline,
            contact: self.text("contact").into(),
            subject: subject?,
            delegate: oem?,
            allowances,
            license_ids: ids?,
            issue_until: until,
            run_until: kept.map_or(Ceiling::Limited(until), |before| before.run_until),
            longest_session: limit(self.text("session"), session?.saturating_mul(3600), leaf.longest_session),
            license_count: limit(self.text("licenses"), licenses?, leaf.license_count),
            releases: releases?,
            clock_repairs: repairs?,
            approval,
        })
    }

    fn allowances(&self, wrong: &mut impl FnMut(&str)) -> Option<Vec<Allowance>> {
        let known = self.known.as_ref().and_then(|known| known.delegated.child.allowances.limit());
        let mut allowances = Vec::new();
        let mut fits = true;
        for (seat_type, stages) in &self.stages {
            let steps: Option<Vec<Step>> = stages
                .iter()
                .filter(|(_, number)| !number.trim().is_empty())
                .map(|(day, number)| {
                    let quantity = number.trim().parse().ok().filter(|number| *number <= MAX_INTEGER)?;
                    Some(Step { from: Time::from_date(day)?, quantity })
                })
                .collect();
            let Some(mut steps) = steps else {
                wrong(&format!("seats/{seat_type}"));
                fits = false;
                continue;
            };
            steps.sort_by_key(|step| step.from);
            if steps.array_windows().any(|[a, b]| a.from == b.from) {
                wrong(&format!("seats/{seat_type}"));
                fits = false;
            }
            // A step that began at an hour of its own keeps it.
            let before = known.into_iter().flatten().find(|one| one.seat_type == *seat_type);
            for step in &mut steps {
                let same =
                    before.into_iter().flat_map(|one| &one.steps).find(|one| one.from.date() == step.from.date());
                step.from = same.map_or(step.from, |same| same.from);
            }
            if steps.iter().any(|step| step.quantity > 0) {
                allowances.push(Allowance { seat_type: seat_type.clone(), steps });
            }
        }
        fits.then_some(allowances)
    }
}

fn empty() -> Vec<(&'static str, String)> {
    const NAMES: [&str; 14] = [
        "client",
        "id",
        "code",
        "url",
        "contact",
        "until",
        "licenses",
        "session",
        "license-ids",
        "oem",
        "releases",
        "repairs",
        "reason",
        "reviewer",
    ];
    NAMES.map(|name| (name, String::new())).to_vec()
}

fn set(texts: &mut [(&'static str, String)], name: &str, text: String) {
    if let Some((_, known)) = texts.iter_mut().find(|(known, _)| *known == name) {
        *known = text;
    }
}

fn number(limit: Ceiling<u64>) -> String {
    limit.limit().map(u64::to_string).unwrap_or_default()
}

fn hours(limit: Ceiling<u64>) -> String {
    limit.limit().map(|seconds| (seconds / 3600).to_string()).unwrap_or_default()
}

/// A client's name as an id.
fn slug(name: &str) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-").chars().take(64).collect()
}

/// The field that a refusal is about.
fn field_of(refusal: &Refusal) -> String {
    let field = match refusal {
        Refusal::SeatsExceedGrant { seat_type, .. } | Refusal::SeatsExceedFree { seat_type, .. } => {
            return format!("seats/{seat_type}");
        }
        Refusal::Child(ChildRefusal::Text { field }) => match *field {
            "client_name" => "client",
            "approval" => "reason",
            other => other,
        },
        Refusal::Child(ChildRefusal::Exceeds { field, .. }) => match *field {
            "issue_until" | "run_until" | "issue_from" => "until",
            "longest_session" => "session",
            "license_count" => "licenses",
            "rights.delegate" => "oem",
            "rights.release_dead.quota" => "releases",
            "rights.repair_clock.count" => "repairs",
            "installations" => "license-ids",
            _ => "",
        },
        Refusal::Child(ChildRefusal::OwnKey | ChildRefusal::KeyTaken { .. }) => "code",
        Refusal::Child(ChildRefusal::Licenses { .. }) => "licenses",
        Refusal::Child(ChildRefusal::Quota { right: "release-dead", .. }) => "releases",
        Refusal::Child(ChildRefusal::Quota { .. }) => "repairs",
        _ => "",
    };
    field.into()
}
