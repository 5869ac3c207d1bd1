//! The planted incidents, after the events went the whole way: the query of each finds whoever did it, and nobody
//! who did nothing.

use std::collections::BTreeSet;

use crate::lab::{Lab, Settings, text};
use crate::queries::Workspace;

#[tokio::test]
async fn the_query_of_each_planted_incident_finds_whoever_did_it_and_nobody_innocent() {
    for seed in ["1", "2", "3"] {
        // Within the 40 hours that the connector reads back.
        let options = ["--generate-audit", "4000", "--over", "36h", "--plant-incidents", "--seed", seed];
        let lab = Lab::new(&[&options[..], &["--credits-per-minute", "100000000"]].concat(), &[]);
        let run = lab.run_once(&Settings::default());
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let workspace = Workspace::of(&lab).await;
        let manifest = lab.get(&lab.miro, "incidents").await;
        let planted = manifest["incidents"].as_array().expect("a list");
        assert_eq!(planted.len(), 4);
        let guilty: BTreeSet<String> = planted.iter().map(|planted| text(planted, "email")).collect();
        for planted in planted {
            let query = text(planted, "query");
            let rows = workspace.ask(&query).await;
            let found: BTreeSet<String> = rows.iter().map(|row| row[0].as_str().expect("text").to_owned()).collect();
            assert!(found.contains(&text(planted, "email")), "seed {seed}: {found:?}, not as in {planted}");
            assert!(found.is_subset(&guilty), "seed {seed}: {found:?}, but only {guilty:?} did anything: {query}");
        }
    }
}
