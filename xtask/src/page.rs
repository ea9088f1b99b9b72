//! Finishing `dist/index.html`: the content security policy with the hashes of the inline
//! scripts, and the worker's name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::fail::{Fail, Result};

/// The policy goes right behind this tag: before anything it has to govern.
const CHARSET: &str = "<meta charset=\"utf-8\">";

/// The page with its policy and the worker's name.
pub(crate) fn finish(html: &str, worker: &str) -> Result<String> {
    if html.contains("http-equiv") {
        return Err(Fail::new("index.html already has a policy: build it anew"));
    }
    if html.contains(" style=") || html.contains("<style") {
        return Err(Fail::new("index.html has inline styles, which the policy refuses: move them to static/style.css"));
    }
    let html = &without_ignored_integrity(html)?;
    let (before, after) = html.split_once(CHARSET).ok_or_else(|| Fail::new(format!("index.html has no {CHARSET}")))?;
    let policy = policy(&inline_scripts(html)?);
    Ok(format!(
        "{before}{CHARSET}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<meta name=\"postern-worker\" content=\"./{worker}\">{after}"
    ))
}

/// Browsers ignore `integrity` on what is preloaded for `fetch`, and warn on the console: the
/// attribute would promise a check that nobody makes.
fn without_ignored_integrity(html: &str) -> Result<String> {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<link rel=\"preload\"") {
        let (tag, after) = after.split_once('>').ok_or_else(|| Fail::new("index.html: a link tag does not end"))?;
        out.push_str(before);
        out.push_str("<link rel=\"preload\"");
        match tag.split_once(" integrity=\"") {
            Some((start, value)) if tag.contains(" as=\"fetch\"") => {
                out.push_str(start);
                out.push_str(value.split_once('"').map_or("", |(_, end)| end));
            }
            _ => out.push_str(tag),
        }
        out.push('>');
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The policy (design §7): only this site's own files, and the inline scripts by hash.
fn policy(scripts: &[&str]) -> String {
    let mut script_src = String::from("'self' 'wasm-unsafe-eval'");
    for script in scripts {
        script_src.push_str(&format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))));
    }
    [
        "default-src 'none'",
        &format!("script-src {script_src}"),
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
    ]
    .join("; ")
}

/// The text of every script element without `src`.
fn inline_scripts(html: &str) -> Result<Vec<&str>> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<script") {
        let (tag, after) = after.split_once('>').ok_or_else(|| Fail::new("index.html: a script tag does not end"))?;
        let (text, after) =
            after.split_once("</script>").ok_or_else(|| Fail::new("index.html: a script does not end"))?;
        if !tag.contains(" src=") {
            scripts.push(text);
        }
        rest = after;
    }
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<head><meta charset=\"utf-8\"><script>1</script><script src=\"a.js\"></script><script type=\"module\">\n2\n</script></head>";

    #[test]
    fn every_inline_script_is_named_by_hash() {
        let page = finish(PAGE, "worker-1.js").unwrap();
        assert_eq!(page.matches("'sha256-").count(), 2);
        // echo -n 1 | openssl dgst -sha256 -binary | base64
        assert!(page.contains("'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"));
        assert!(page.contains("default-src 'none'; script-src 'self'"));
        assert!(!page.contains("unsafe-inline"));
        let policy = page.find("http-equiv").unwrap();
        assert!(policy < page.find("<script").unwrap());
        assert!(page.contains("content=\"./worker-1.js\""));
    }

    #[test]
    fn integrity_stays_where_it_is_checked() {
        let links = "<link rel=\"modulepreload\" href=\"a.js\" integrity=\"x\"><link rel=\"preload\" href=\"a.wasm\" integrity=\"y\" as=\"fetch\">";
        let page = finish(&PAGE.replace("</head>", links), "w").unwrap();
        assert!(page.contains("integrity=\"x\"") && !page.contains("integrity=\"y\""));
        assert!(page.contains("<link rel=\"preload\" href=\"a.wasm\" as=\"fetch\">"));
    }

    #[test]
    fn what_the_policy_would_break_is_refused() {
        assert!(finish(&PAGE.replace("<head>", "<head style=\"\">"), "w").is_err());
        assert!(finish(&PAGE.replace("</head>", "<style></style>"), "w").is_err());
        assert!(finish(&finish(PAGE, "w").unwrap(), "w").is_err());
        assert!(finish("<head>", "w").is_err());
    }
}
