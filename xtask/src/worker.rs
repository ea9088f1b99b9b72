//! The worker's files: Trunk builds them under fixed names; caches need names that change with
//! the content, and the script needs the line that starts it.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::fail::{During, Result};

/// Renames `worker.js` and `worker_bg.wasm` by content; returns the script's new name.
pub(crate) fn name_by_content(dist: &Path) -> Result<String> {
    let read = |name: &str| std::fs::read(dist.join(name)).during(format_args!("reading dist/{name}"));
    let (script, wasm) = (read("worker.js")?, read("worker_bg.wasm")?);
    let hash = short_hash(&[&script, &wasm]);
    let script_name = format!("worker-{hash}.js");
    let wasm_name = format!("worker-{hash}_bg.wasm");

    let mut script = script;
    // The script lies beside its program, whatever folder the site is in.
    script.extend_from_slice(
        format!("\nwasm_bindgen({{ module_or_path: new URL(\"{wasm_name}\", self.location.href) }});\n").as_bytes(),
    );
    std::fs::write(dist.join(&script_name), script).during("writing the worker's script")?;
    std::fs::rename(dist.join("worker_bg.wasm"), dist.join(wasm_name)).during("renaming the worker's program")?;
    std::fs::remove_file(dist.join("worker.js")).during("removing dist/worker.js")?;
    Ok(script_name)
}

fn short_hash(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_content() {
        let dist = tempfile::tempdir().unwrap();
        let build = |wasm: &[u8]| {
            std::fs::write(dist.path().join("worker.js"), "let wasm_bindgen;").unwrap();
            std::fs::write(dist.path().join("worker_bg.wasm"), wasm).unwrap();
            name_by_content(dist.path()).unwrap()
        };
        let (one, two) = (build(b"one"), build(b"two"));
        assert_ne!(one, two);
        assert_eq!(one, build(b"one"));
        let script = std::fs::read_to_string(dist.path().join(&two)).unwrap();
        let wasm = two.replace(".js", "_bg.wasm");
        assert!(script.contains(&wasm) && dist.path().join(wasm).is_file());
        assert!(!dist.path().join("worker.js").exists());
    }
}
