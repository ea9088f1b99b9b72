//! Node-locked licenses in an account file: policy templates, and licenses that are made from them.

use postern_protocol::Id;
use postern_protocol::documents::LicenseType;
use serde::Deserialize;

use super::spec::{Counter, Credential, Cycle, Expiry, Machines, Rights};
use super::values::{ById, EndDay, Limit, Seats, Setting, StartDay, Text};
use crate::moment::Span;

/// Policies and licenses state the same terms: a license's own go before its policy's.
macro_rules! terms {
    ($($field:ident: $type:ty,)*) => {
        /// A policy template.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct Policy {
            pub(crate) code: Id,
            $(pub(crate) $field: Option<$type>,)*
        }

        /// A license, or as many alike as `count` or `import` say.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct License {
            /// The license id; with `count`, the ids are this and a number.
            pub(crate) id: Option<Id>,
            pub(crate) policy: Id,
            pub(crate) name: Option<Text>,
            pub(crate) count: Option<u64>,
            /// A table with one license in each row.
            pub(crate) import: Option<String>,
            /// Who may activate it with a password.
            #[serde(default)]
            pub(crate) users: Vec<Text>,
            /// Public keys of credentials that were made before.
            #[serde(default)]
            pub(crate) credentials: Vec<Credential>,
            /// The end user issues it with their own credential.
            #[serde(default)]
            pub(crate) self_service: bool,
            $(pub(crate) $field: Option<$type>,)*
        }

        /// What holds for one license.
        #[derive(Clone, Debug)]
        pub(crate) struct Terms {
            $(pub(crate) $field: Option<$type>,)*
        }

        impl License {
            /// Its own terms, and its policy's for what it does not say.
            pub(crate) fn terms(&self, policy: &Policy) -> Terms {
                Terms { $($field: self.$field.clone().or_else(|| policy.$field.clone()),)* }
            }
        }
    };
}

terms! {
    license_type: LicenseType,
    allow_offline_activation: bool,
    issue_from: StartDay,
    issue_until: EndDay,
    run_until: Limit<EndDay>,
    longest_duration: Limit<Span>,
    longest_session: Limit<Span>,
    license_count: Limit<u64>,
    seats: Seats,
    features: ById<Setting>,
    consumption: ById<Counter>,
    machines: Machines,
    rights: Rights,
    cycle: Cycle,
    expiry: Expiry,
    revocation_max_age: Limit<Span>,
}
