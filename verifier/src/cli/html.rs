//! The license page: one HTML file with details, status, usage, expiry and what happens next (seed 001). It loads
//! nothing and runs nothing.

use std::fmt::Write;

use postern_protocol::documents::Ceiling;
use postern_protocol::time::DAY;
use postern_protocol::{Time, describe};

use super::status::{after_end, feature, overage_left, period};
use crate::status::{ConsumptionStatus, LicenseStatus, SeatStatus, Status};

const STYLE: &str = include_str!("license.css");

/// Appends to a page. Writing into memory cannot fail.
macro_rules! put {
    ($page:expr, $($form:tt)+) => { let _ = write!($page, $($form)+); };
}

pub(super) fn page(status: &Status) -> String {
    let product = escaped(&status.product);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>License of {product}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    let (word, class) = match status.health {
        "ok" => ("All is well", "ok"),
        "attention" => ("Needs attention", "attention"),
        _ => ("Limited", "limited"),
    };
    put!(
        page,
        "<header><div><h1>License of {product}</h1><p>by {} · machine {} · as of {}</p></div>\
         <span class=\"badge {class}\">{word}</span></header>\n",
        escaped(&status.trust.vendor),
        escaped(status.machine.key.short()),
        describe::time(status.at),
    );
    if let Some(why) = &status.why {
        let (message, advice) = (escaped(&why.message), escaped(&why.advice));
        put!(page, "<p class=\"why {class}\"><strong>{message}</strong><span>{advice}</span></p>\n");
    }
    page.push_str("<div class=\"grid\">\n");
    if let Some(license) = &status.license {
        figures(&mut page, status, license);
    }
    if !status.seats.is_empty() {
        seats(&mut page, &status.seats);
        uses(&mut page, &status.seats);
    }
    if !status.consumption.is_empty() {
        consumption(&mut page, &status.consumption);
    }
    next(&mut page, status);
    if let Some(license) = &status.license {
        details(&mut page, license);
    }
    machine(&mut page, status);
    page.push_str("</div>\n<footer>Made on the machine itself, from the license that it verified. ");
    page.push_str("It shows one moment; times are UTC.</footer>\n</main>\n</body>\n</html>\n");
    page
}

fn figures(page: &mut String, status: &Status, license: &LicenseStatus) {
    let state = match (license.state, license.r#use) {
        ("active", "full") => ("Active", "full use"),
        ("notice", "full") => ("Active", "ends soon"),
        ("grace", "full") => ("In grace", "ended; full use goes on"),
        ("not-started", _) => ("Not started", "no use yet"),
        ("stopped", _) => ("Stopped", "by a revocation"),
        ("ended", "read-only") => ("Ended", "reading only"),
        ("ended", "warn") => ("Ended", "use with a warning"),
        ("ended", _) => ("Ended", "no use"),
        (_, "read-only") => ("Limited", "reading only"),
        (_, "warn") => ("Active", "use with a warning"),
        _ => ("Limited", "no use"),
    };
    let end = match license.ends_at {
        Ceiling::Limited(end) => (end.date(), left(end, status.at)),
        Ceiling::Unlimited => ("Never".into(), "without end".into()),
    };
    let used: u64 = status.seats.iter().map(|seat| seat.used).sum();
    let total: u64 = status.seats.iter().map(|seat| seat.total).sum();
    let types = match status.seats.len() {
        1 => "of 1 type".into(),
        types => format!("of {types} types"),
    };
    let rows = [
        ("Status", state.0.to_owned(), state.1.to_owned()),
        ("Expiry date", end.0, end.1),
        ("Seats in use", format!("{used} of {total}"), types),
        ("License", license.license_id.to_string(), format!("account {}", license.account)),
    ];
    page.push_str("<section class=\"wide\"><h2 hidden>Summary</h2><dl class=\"figures\">");
    for (label, value, note) in rows {
        put!(page, "<div><dt>{label}</dt><dd>{}</dd><dd class=\"note\">{}</dd></div>", escaped(value), escaped(note));
    }
    page.push_str("</dl></section>\n");
}

fn left(end: Time, now: Time) -> String {
    match (end.since(now) / DAY, end < now) {
        (_, true) => "over".into(),
        (0, false) => "less than a day left".into(),
        (1, false) => "1 day left".into(),
        (days, false) => format!("{days} days left"),
    }
}

fn seats(page: &mut String, seats: &[SeatStatus]) {
    page.push_str("<section class=\"wide\"><h2>Seats</h2><div class=\"scroll\"><table><tr><th>Type</th>");
    page.push_str(
        "<th class=\"n\">Total</th><th class=\"n\">Used</th><th class=\"n\">Free</th><th class=\"bar\"></th></tr>",
    );
    for seat in seats {
        put!(
            page,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"bar\">{}</td></tr>",
            escaped(&seat.seat_type),
            seat.total,
            seat.used,
            seat.free,
            bar(seat.used, seat.total)
        );
    }
    page.push_str("</table></div></section>\n");
}

/// How much of something is used, as a picture; the numbers stand beside it.
fn bar(used: u64, total: u64) -> String {
    let share = used.min(total).saturating_mul(100).checked_div(total).unwrap_or(0);
    let class = if used >= total { "full" } else { "used" };
    format!(
        "<svg viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <rect width=\"100\" height=\"4\"/><rect class=\"{class}\" width=\"{share}\" height=\"4\"/></svg>"
    )
}

fn uses(page: &mut String, seats: &[SeatStatus]) {
    if seats.iter().all(|seat| seat.holders.is_empty() && seat.sessions.is_empty()) {
        return;
    }
    page.push_str("<section class=\"wide\"><h2>In use</h2><div class=\"scroll\"><table>");
    page.push_str("<tr><th>Who, or what for</th><th>Seat</th><th>Since</th><th>Until</th></tr>");
    let mut row = |who: &str, seat: &SeatStatus, since: Time, until: String| {
        put!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{until}</td></tr>",
            escaped(who),
            escaped(&seat.seat_type),
            describe::time(since)
        );
    };
    for seat in seats {
        seat.holders.iter().for_each(|holder| row(&holder.user, seat, holder.since, "released".into()));
        seat.sessions.iter().for_each(|session| {
            row(&session.user, seat, session.since, session.until.map_or("released".into(), describe::time));
        });
    }
    page.push_str("</table></div></section>\n");
}

fn consumption(page: &mut String, counters: &[ConsumptionStatus]) {
    page.push_str("<section class=\"wide\"><h2>Consumption</h2><div class=\"scroll\"><table><tr><th>Counter</th>");
    page.push_str("<th class=\"n\">Limit</th><th class=\"n\">Used</th><th class=\"n\">Left</th>");
    page.push_str("<th class=\"n\">Overage left</th><th>Period</th><th class=\"bar\"></th></tr>");
    for one in counters {
        let picture = one.limit.limit().map(|limit| bar(one.balance.used, *limit)).unwrap_or_default();
        put!(
            page,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td>{}</td><td class=\"bar\">{picture}</td></tr>",
            escaped(&one.counter),
            one.limit,
            one.balance.used,
            one.balance.left,
            escaped(overage_left(one)),
            escaped(period(one)),
        );
    }
    page.push_str("</table></div></section>\n");
}

fn next(page: &mut String, status: &Status) {
    page.push_str("<section><h2>What happens next</h2>");
    if status.next.is_empty() {
        page.push_str("<p class=\"note\">Nothing with a date.</p>");
    }
    page.push_str("<ol>");
    for next in &status.next {
        put!(page, "<li><time>{}</time>{}</li>", describe::time(next.at), escaped(&next.text));
    }
    page.push_str("</ol></section>\n");
}

fn details(page: &mut String, license: &LicenseStatus) {
    let [after, extension] = after_end(license);
    let end = license.ends_at.limit().map_or("without end".into(), |end| describe::time(*end));
    let mut rows =
        vec![("Type", license.license_type.to_string()), ("Starts", describe::time(license.starts_at)), ("Ends", end)];
    if let Ceiling::Limited(_) = license.ends_at {
        rows.extend([("After that", after), ("Extension", extension)]);
    }
    rows.extend(license.features.iter().map(|one| ("Feature", feature(one))));
    rows.extend([
        ("Number", license.sequence.to_string()),
        ("Issued", describe::time(license.issued_at)),
        ("Installed", describe::time(license.installed_at)),
    ]);
    facts(page, "<section>", "License details", &rows, &[("SHA-256", license.digest.to_string())]);
}

fn machine(page: &mut String, status: &Status) {
    let clock = match status.clock.state {
        "trusted" => "trusted".into(),
        _ => format!("behind: it must be at least {}", describe::time(status.clock.floor)),
    };
    let moved: Vec<_> = status.fingerprint.moved.iter().map(|part| part.as_str()).collect();
    let hardware = match (status.fingerprint.state, moved.is_empty()) {
        ("unknown", _) => "not compared before the first license".into(),
        (_, true) => "unchanged".into(),
        ("changed", _) => format!("another machine; changed: {}", moved.join(", ")),
        (_, false) => format!("still recognised; changed: {}", moved.join(", ")),
    };
    let cycle = match (status.cycle.state, &status.cycle.request) {
        ("locked", Some(request)) => {
            format!("locked since {}", request.locked_after.map(describe::time).unwrap_or_default())
        }
        (_, Some(request)) if request.void => "void: a new one has to be made".into(),
        (_, Some(request)) => format!("answer to be installed by {}", describe::time(request.install_until)),
        (_, None) => "none waits for an answer".into(),
    };
    let mut rows = vec![("Clock", clock), ("Hardware", hardware), ("Request", cycle)];
    rows.push(("Usage records", status.usage.records.to_string()));
    if let Some(fork) = &status.usage.fork {
        rows.push(("Restored or copied", format!("proved {}", describe::time(fork.found_at))));
    }
    let codes = [("Machine key", status.machine.key.to_string()), ("Vendor root", status.trust.root.to_string())];
    facts(page, "<section class=\"wide\">", "Machine", &rows, &codes);
}

/// Labels and values; codes come last. A label that comes several times is said once.
fn facts(page: &mut String, section: &str, title: &str, rows: &[(&str, String)], codes: &[(&str, String)]) {
    put!(page, "{section}<h2>{title}</h2><dl class=\"facts\">");
    let mut before = "";
    for (label, value) in rows {
        let dt = if *label == before { "" } else { label };
        put!(page, "<dt>{dt}</dt><dd>{}</dd>", escaped(value));
        before = label;
    }
    for (label, value) in codes {
        put!(page, "<dt>{label}</dt><dd><code>{}</code></dd>", escaped(value));
    }
    page.push_str("</dl></section>\n");
}

/// Text as HTML shows it, in elements and attributes.
fn escaped(text: impl ToString) -> String {
    let mut escaped = String::new();
    for character in text.to_string().chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
