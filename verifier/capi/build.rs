//! How the shared library is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libpostern.so");
        // An open state has a thread; `dlclose` must not take its code away.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
