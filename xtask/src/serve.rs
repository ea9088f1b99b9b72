//! A static file server for the demo: one folder over another, on this machine only.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::fail::{Fail, Result};

/// Where the portal is served unless `--port` says otherwise.
pub(crate) const DEFAULT_PORT: u16 = 8080;

/// A bound server: the port is taken before anything slow happens.
pub(crate) struct Site {
    server: Server,
    /// Searched in this order.
    folders: Vec<PathBuf>,
}

impl Site {
    /// Takes the port.
    pub(crate) fn bind(port: u16, folders: Vec<PathBuf>) -> Result<Self> {
        let server = Server::http(("127.0.0.1", port)).map_err(|error| {
            Fail::new(format!(
                "port {port} on 127.0.0.1 can't be used ({error}).\nTry another one: cargo xtask portal --port {}",
                port.checked_add(1).unwrap_or(DEFAULT_PORT)
            ))
        })?;
        Ok(Self { server, folders })
    }

    /// Where a browser finds it.
    pub(crate) fn address(&self) -> String {
        format!("http://{}/", self.server.server_addr())
    }

    /// Answers until the process is stopped (Ctrl-C), a few requests at a time.
    pub(crate) fn run(&self) {
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for request in self.server.incoming_requests() {
                        self.answer(request);
                    }
                });
            }
        });
    }

    fn answer(&self, request: Request) {
        let found = match request.method() {
            Method::Get | Method::Head => self.find(request.url()),
            _ => Err(StatusCode(405)),
        };
        // A browser that went away is no error of ours.
        let _ = match found {
            Ok((path, file)) => request.respond(with_headers(Response::from_file(file), mime(&path))),
            Err(status) => {
                let text = format!("{} {}\n", status.0, status.default_reason_phrase());
                request.respond(with_headers(
                    Response::from_string(text).with_status_code(status),
                    "text/plain; charset=utf-8",
                ))
            }
        };
    }

    fn find(&self, url: &str) -> std::result::Result<(PathBuf, File), StatusCode> {
        let relative = relative_path(url).ok_or(StatusCode(400))?;
        for folder in &self.folders {
            // Resolved: a link that leads out of the folder leads nowhere.
            let (Ok(folder), Ok(path)) = (folder.canonicalize(), folder.join(&relative).canonicalize()) else {
                continue;
            };
            if path.starts_with(&folder)
                && path.is_file()
                && let Ok(file) = File::open(&path)
            {
                return Ok((path, file));
            }
        }
        Err(StatusCode(404))
    }
}

/// The file a URL's path names, or nothing if it could lead anywhere else.
fn relative_path(url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decoded(path)?;
    if path.contains(['\\', '\0', ':']) {
        return None;
    }
    let path = match path.as_str() {
        "" => PathBuf::from("index.html"),
        folder if folder.ends_with('/') => Path::new(folder).join("index.html"),
        file => PathBuf::from(file),
    };
    path.components()
        .all(|part| match part {
            Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
            _ => false,
        })
        .then_some(path)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || (bytes.next()? as char).to_digit(16);
        let (high, low) = (digit()?, digit()?);
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}

fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn with_headers<R: std::io::Read>(mut response: Response<R>, mime: &str) -> Response<R> {
    for (name, value) in [
        ("Content-Type", mime),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_below_the_folder() {
        for (url, path) in [
            ("/", "index.html"),
            ("/?a=/../b", "index.html"),
            ("/brand.json", "brand.json"),
            ("/a%20b.txt", "a b.txt"),
            ("/de/", "de/index.html"),
        ] {
            assert_eq!(relative_path(url), Some(path.into()), "{url}");
        }
        for url in [
            "",
            "x",
            "/..",
            "/../x",
            "/a/../x",
            "/%2e%2e/x",
            "/a%2f..%2fx",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/..%5cx",
            "/c:x",
            "/%00",
            "/%zz",
            "/%2",
            "/.git/config",
            "/%ff",
        ] {
            assert_eq!(relative_path(url), None, "{url}");
        }
    }

    #[test]
    fn the_first_folder_wins_and_links_out_lead_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (over, under) = (dir.path().join("over"), dir.path().join("under"));
        for folder in [&over, &under] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(dir.path().join("secret"), "").unwrap();
        std::fs::write(under.join("brand.json"), "").unwrap();
        std::fs::write(over.join("brand.json"), "").unwrap();
        std::fs::write(under.join("index.html"), "").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path().join("secret"), under.join("link")).unwrap();
        let site = Site::bind(0, vec![over.clone(), under]).unwrap();
        assert!(site.find("/brand.json").unwrap().0.starts_with(over.canonicalize().unwrap()));
        assert!(site.find("/").is_ok());
        assert_eq!(site.find("/link").unwrap_err(), StatusCode(404));
        assert_eq!(site.find("/missing").unwrap_err(), StatusCode(404));
    }

    #[test]
    fn a_taken_port_names_the_way_out() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let fail = Site::bind(port, Vec::new()).err().unwrap().to_string();
        assert!(fail.contains("--port"), "{fail}");
    }
}
