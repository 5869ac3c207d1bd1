//! Azure's own Rust library against mock-sentinel; those for Python and JavaScript are driven by `mock-sentinel/clients/run`.

use std::process::Command;

use crate::programs::{program, serve};

/// An app that trusts the issuer whose assertions the mock signs.
const WORLD: &str = r"
identity:
  apps:
    - federations: [{issuer: 'https://issuer.example', subject: 'system:serviceaccount:miro:connector'}]
";

#[test]
fn azures_rust_library_works_and_fails_as_against_azure() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let world = folder.path().join("world.yaml");
    std::fs::write(&world, WORLD).expect("the folder is ours");
    let (_mock, handshake) = serve("mock-sentinel", &["--world", world.to_str().expect("a plain path")]);
    let file = folder.path().join("handshake.json");
    std::fs::write(&file, handshake.to_string()).expect("the folder is ours");
    let clients = Command::new(program("rust-clients")).env("CLIENTS_HANDSHAKE", &file).output().expect("it runs");
    let printed = String::from_utf8_lossy(&clients.stdout).into_owned();
    assert!(clients.status.success(), "{printed}{}", String::from_utf8_lossy(&clients.stderr));
    assert_eq!(printed.lines().count(), 10, "{printed}");
}
