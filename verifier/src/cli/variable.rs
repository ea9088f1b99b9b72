//! `variable`: what an application keeps about its machine.

use std::path::Path;

use postern_protocol::Time;
use serde_json::json;

use super::args::Variable;
use super::failure::Failure;
use super::report::Report;
use super::state;
use super::table::pairs;

pub(super) fn run(directory: &Path, command: &Variable, now: Time) -> Result<Report, Failure> {
    let verifier = state::open(directory)?;
    match command {
        Variable::Set { name, value } => {
            verifier.set_variable(name, value, now)?;
            Ok(Report::new(format!("{name} = {value}"), &json!({ "name": name, "value": value })))
        }
        Variable::Remove { name } => {
            verifier.remove_variable(name, now)?;
            Ok(Report::new(format!("The variable '{name}' is removed."), &json!({ "name": name, "removed": true })))
        }
        Variable::List => {
            let variables = verifier.variables()?;
            let rows: Vec<(&str, String)> =
                variables.iter().map(|one| (one.name.as_str(), one.value.clone())).collect();
            let text = if rows.is_empty() { "This machine has no variables.".into() } else { pairs(&rows) };
            Ok(Report::new(text, &json!({ "variables": variables })))
        }
    }
}
