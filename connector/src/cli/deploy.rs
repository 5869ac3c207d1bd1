//! `deploy arm`: what the Azure side needs, as files.

use std::path::Path;

use super::args::Deploy;
use super::{Failure, print, say};
use crate::Exit;

const TEMPLATES: [(&str, &str); 2] = [
    ("tables.json", include_str!("../../deploy/arm/tables.json")),
    ("rules.json", include_str!("../../deploy/arm/rules.json")),
];

pub(super) fn deploy(command: &Deploy) -> Result<Exit, Failure> {
    let Deploy::Arm { out } = command;
    for (name, template) in TEMPLATES {
        let path = out.join(name);
        write(&path, template).map_err(|error| {
            Failure::unexpected(
                format!("could not write {}: {error}", path.display()),
                "name a directory to write into with --out",
            )
        })?;
        print(&format!("{}\n", path.display()))?;
    }
    let out = out.display();
    say(&format!(
        "next:\n  \
         az deployment group create -g GROUP -f {out}/tables.json -p workspaceName=WORKSPACE\n  \
         az deployment group create -g GROUP -f {out}/rules.json -p workspaceResourceId=ID principalId=OBJECT_ID --query properties.outputs\n\
         OBJECT_ID is the service principal's; it gets the role Monitoring Metrics Publisher on both rules, which takes \
         up to 30 minutes to hold.\n\
         The outputs are sentinel.endpoint and sentinel.rules."
    ));
    Ok(Exit::Done)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, text)
}
