//! A table with one license in each row, which an account file imports.

use std::collections::HashSet;
use std::path::Path;

use postern_protocol::Limits;
use postern_protocol::documents::CredentialKind;
use postern_protocol::text::{is_plain, shown};

use super::licenses::Single;
use super::spec::Credential;
use super::values::{Key, Text};
use crate::{csv, files};

/// The columns that are known.
const COLUMNS: [&str; 5] = ["id", "name", "user", "key", "from"];

/// Why a table of licenses cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ImportError {
    /// It cannot be read.
    Unreadable(String),
    /// Its first line does not name its columns.
    Columns,
    /// A row does not hold.
    Row(usize, String),
}

impl ImportError {
    pub(crate) fn problem(&self, path: &str) -> String {
        let path = shown(path);
        match self {
            Self::Unreadable(why) => format!("'{path}' cannot be read: {why}"),
            Self::Columns => format!("the first line of '{path}' names columns that are not known, or no 'id'"),
            Self::Row(line, why) => format!("line {line} of '{path}': {}", shown(why)),
        }
    }

    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => {
                "Write the path as seen from the account file's folder, and save the table as CSV in UTF-8."
            }
            Self::Columns => "Write 'id' and any of name, user, key, from as the first line; no other columns.",
            Self::Row(..) => "Correct that row.",
        }
    }
}

/// The licenses of an imported table.
pub(crate) fn read(path: &str, folder: Option<&Path>) -> Result<Vec<Single>, ImportError> {
    let folder = folder.ok_or_else(|| ImportError::Unreadable("there is no folder to look in".into()))?;
    let why = |fail: crate::fail::Fail| fail.errors.first().map(ToString::to_string).unwrap_or_default();
    let bytes = files::read(&folder.join(path)).map_err(|fail| ImportError::Unreadable(why(fail)))?;
    let text = String::from_utf8(bytes).map_err(|_| ImportError::Unreadable("it is not UTF-8 text".into()))?;
    rows(&text)
}

fn rows(text: &str) -> Result<Vec<Single>, ImportError> {
    let table = csv::read(text).map_err(|line| ImportError::Row(line, "its quotes do not close".into()))?;
    let Some(((_, columns), rows)) = table.split_first() else { return Err(ImportError::Columns) };
    let once = columns.iter().collect::<HashSet<_>>().len() == columns.len();
    let known = columns.iter().all(|column| COLUMNS.contains(&column.as_str()));
    if !once || !known || !columns.iter().any(|column| column == "id") {
        return Err(ImportError::Columns);
    }
    rows.iter().map(|(line, fields)| single(columns, fields).map_err(|why| ImportError::Row(*line, why))).collect()
}

fn single(columns: &[String], fields: &[String]) -> Result<Single, String> {
    if fields.len() > columns.len() {
        return Err("it has more fields than there are columns".into());
    }
    let field = |name: &str| {
        let at = columns.iter().position(|column| column == name)?;
        fields.get(at).map(String::as_str).filter(|text| !text.is_empty())
    };
    if fields.iter().any(|text| text.len() > Limits::DEFAULT.string_bytes || !is_plain(text)) {
        return Err("a field is too long, or holds control characters".into());
    }
    let user = field("user");
    let credential = |key: &str| {
        let from = match field("from") {
            Some("user") => CredentialKind::User,
            Some("license-key") => CredentialKind::LicenseKey,
            _ => return Err("'from' is license-key or user, where there is a key".to_owned()),
        };
        Ok(Credential { key: key.parse::<Key>()?, from })
    };
    if user.is_some() && field("key").is_some() {
        return Err("it has a user and a key; a key is a credential that was made before".into());
    }
    Ok(Single {
        id: field("id").unwrap_or_default().parse().map_err(|error| format!("id: {error}"))?,
        name: field("name").map(|name| Text(name.into())),
        users: user.map(str::to_owned).into_iter().collect(),
        credentials: field("key").map(credential).transpose()?.into_iter().collect(),
    })
}
