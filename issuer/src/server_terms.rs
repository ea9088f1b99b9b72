//! The fields of a new server license, and the grant that they mean (seed 003).

use postern_protocol::documents::{
    Allowance, Approval, ApprovalRight, Ceiling, Delegated, Grant, Installation, LicenseType, Parent, ReleaseDead,
    RepairClock, Rights, Server, Version,
};
use postern_protocol::{Id, Kind, PublicKey, Time};

use crate::child_refusal::ChildRefusal;
use crate::desk::Desk;
use crate::refusal::Refusal;

/// The longest client name, address and contact, in characters.
const TEXT_CHARACTERS: usize = 256;

/// What a child license server is to have: the fields of a new server license (seed 003). What is not said here it has
/// from its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerTerms {
    /// The id of its grant; also its account's, where the parent may choose the account.
    pub id: Id,
    /// The client that runs it.
    pub client_name: String,
    /// Where the parent's portal is, and with it the child's newest bundle; empty for nowhere.
    pub url: String,
    /// An offline server: its portal names no address of its parent.
    pub suppress_pings: bool,
    /// Whom the child's administrator asks.
    pub contact: String,
    /// The child's key, from its License Code.
    pub subject: PublicKey,
    /// How many grants may follow below it (the OEM right); 0 for none.
    pub delegate: u64,
    /// Seats over time: the stages.
    pub allowances: Vec<Allowance>,
    /// License ids that it may issue under; where there are none, its own id, or what the parent lists.
    pub license_ids: Vec<Id>,
    /// Until when it may issue licenses.
    pub issue_until: Time,
    /// By when its licenses end.
    pub run_until: Ceiling<Time>,
    /// Longest session, in seconds.
    pub longest_session: Ceiling<u64>,
    /// Devices that may hold a live license at once.
    pub license_count: Ceiling<u64>,
    /// How many dead machines it may release.
    pub releases: u64,
    /// How many clocks it may set back.
    pub clock_repairs: u64,
    /// Why its account works without a network, and who approved; where the parent may approve.
    pub approval: Option<(String, String)>,
}

impl ServerTerms {
    /// The terms that a child has now.
    pub fn of(delegated: &Delegated, contact: &str) -> Self {
        let grant = delegated.child.as_ref();
        let server = grant.server.as_ref();
        let text = |of: fn(&Server) -> &String| server.map(of).cloned().unwrap_or_default();
        let ids = grant.installations.limit().into_iter().flatten().map(|one| one.license_id.clone());
        Self {
            id: grant.id.clone(),
            client_name: text(|server| &server.client_name),
            url: text(|server| &server.url),
            suppress_pings: server.is_some_and(|server| server.suppress_pings),
            contact: contact.into(),
            subject: grant.subject,
            delegate: grant.rights.delegate,
            allowances: grant.allowances.limit().cloned().unwrap_or_default(),
            license_ids: ids.collect(),
            issue_until: grant.issue_until,
            run_until: grant.run_until,
            longest_session: grant.longest_session,
            license_count: grant.license_count,
            releases: grant.rights.release_dead.quota,
            clock_repairs: grant.rights.repair_clock.count,
            approval: match &grant.approval {
                Approval::Approved { reason, reviewer, .. } => Some((reason.clone(), reviewer.clone())),
                Approval::Right(_) => None,
            },
        }
    }
}

impl ServerTerms {
    /// Texts that people typed.
    pub(crate) fn check(&self, refusals: &mut Vec<Refusal>) {
        let plain = |text: &str| text.chars().count() <= TEXT_CHARACTERS && !text.chars().any(char::is_control);
        let texts = [("client_name", &self.client_name, true), ("contact", &self.contact, true)];
        for (field, text, due) in texts {
            if !plain(text) || (due && text.trim().is_empty()) {
                refusals.push(Refusal::Child(ChildRefusal::Text { field }));
            }
        }
        let https =
            self.url.is_empty() || (self.url.starts_with("https://") && !self.url.contains(char::is_whitespace));
        if !plain(&self.url) || !https {
            refusals.push(Refusal::Child(ChildRefusal::Text { field: "url" }));
        }
        if let Some((reason, reviewer)) = &self.approval
            && [reason, reviewer].into_iter().any(|text| text.trim().is_empty() || !plain(text))
        {
            refusals.push(Refusal::Child(ChildRefusal::Text { field: "approval" }));
        }
    }

    /// The grant that these terms mean.
    pub(crate) fn grant(&self, desk: &Desk<'_>, before: Option<&Grant>) -> Grant {
        let leaf = desk.chain.leaf().get();
        Grant {
            kind: Kind::Grant,
            version: Version,
            product: leaf.product.clone(),
            id: self.id.clone(),
            serial: before.map_or(1, |before| before.serial + 1),
            parent: Parent::Grant(desk.chain.leaf().digest()),
            subject: self.subject,
            rights: self.rights(&leaf.rights),
            account: match (&leaf.account, self.delegate) {
                (Ceiling::Limited(account), _) => Ceiling::Limited(account.clone()),
                // A reseller's clients are accounts of their own.
                (Ceiling::Unlimited, 0) => Ceiling::Limited(self.id.clone()),
                (Ceiling::Unlimited, _) => Ceiling::Unlimited,
            },
            license_type: match leaf.license_type {
                Ceiling::Unlimited => Ceiling::Limited(LicenseType::Server),
                limited => limited,
            },
            allowances: Ceiling::Limited(self.allowances.clone()),
            features: leaf.features.clone(),
            consumption: leaf.consumption.clone(),
            credentials: leaf.credentials.clone(),
            devices: leaf.devices.clone(),
            installations: self.installations(leaf),
            issue_from: before.map_or(desk.now.day_start().max(leaf.issue_from), |before| before.issue_from),
            issue_until: self.issue_until,
            run_until: self.run_until,
            longest_duration: leaf.longest_duration,
            longest_session: self.longest_session,
            license_count: self.license_count,
            cycle: leaf.cycle,
            expiry: leaf.expiry,
            allow_offline_activation: leaf.allow_offline_activation,
            approval: self.approval(desk, before),
            revocation_max_age: leaf.revocation_max_age,
            policy: leaf.policy.clone(),
            server: Some(Server {
                client_name: self.client_name.trim().into(),
                url: self.url.clone(),
                suppress_pings: self.suppress_pings,
            }),
            issued_at: desk.now,
            extensions: vec![],
        }
    }

    fn rights(&self, leaf: &Rights) -> Rights {
        Rights {
            issue: leaf.issue,
            refresh: leaf.refresh,
            delegate: self.delegate,
            enable: leaf.enable,
            release_dead: ReleaseDead { quota: self.releases, cooldown: leaf.release_dead.cooldown },
            repair_clock: RepairClock { count: self.clock_repairs, max_back: leaf.repair_clock.max_back },
        }
    }

    fn installations(&self, leaf: &Grant) -> Ceiling<Vec<Installation>> {
        let each = |ids: Vec<Id>| {
            let one = |license_id| Installation { license_id, allowances: self.allowances.clone() };
            Ceiling::Limited(ids.into_iter().map(one).collect())
        };
        match (&leaf.installations, self.license_ids.as_slice()) {
            (_, [_, ..]) => each(self.license_ids.clone()),
            // Whoever makes servers of their own names the license ids of these.
            (Ceiling::Unlimited, []) if self.delegate > 0 => Ceiling::Unlimited,
            (Ceiling::Unlimited, []) => each(vec![self.id.clone()]),
            (Ceiling::Limited(list), []) => each(list.iter().map(|one| one.license_id.clone()).collect()),
        }
    }

    fn approval(&self, desk: &Desk<'_>, before: Option<&Grant>) -> Approval {
        match (&desk.chain.leaf().approval, &self.approval) {
            (Approval::Right(ApprovalRight::MayApprove), Some((reason, reviewer))) => {
                let at = match before.map(|before| &before.approval) {
                    Some(Approval::Approved { reason: known, reviewer: by, at })
                        if known == reason && by == reviewer =>
                    {
                        *at
                    }
                    _ => desk.now,
                };
                Approval::Approved { reason: reason.clone(), reviewer: reviewer.clone(), at }
            }
            (Approval::Right(ApprovalRight::MayApprove), None) if self.delegate > 0 => {
                Approval::Right(ApprovalRight::MayApprove)
            }
            (Approval::Right(_), _) => Approval::Right(ApprovalRight::None),
            (approved, _) => approved.clone(),
        }
    }
}
