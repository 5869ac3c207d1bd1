//! Whoever answers in a peer's place knows what it was asked, secrets among it, and may repeat them in any encoding.

use std::time::Duration;

use serde_json::json;

use super::world::{World, config, content_config};
use crate::Stop;
use crate::config::Config;
use crate::redact::tests::encodings;
use crate::service::{Mode, Outcome};

const TOKEN: &str = "eyJtaXJv_s3cr3t-marker-7Z";

/// All that is shown of a run in which Miro answers like this, again and again.
async fn shown(config: Config, says: [(u16, String); 2]) -> String {
    let world = World::new(18);
    *world.miro_says.lock().unwrap() = std::iter::repeat_n(says.map(Some), 200).flatten().collect();
    let connector = world.connector(18, config);
    let outcome = connector.run(Mode::Once { deadline: Some(Duration::from_mins(2)) }, &Stop::new()).await;
    assert_ne!(outcome, Outcome::Done);
    format!("{outcome:?} {}", serde_json::to_string(&connector.status()).expect("JSON"))
}

#[tokio::test(start_paused = true)]
async fn miro_repeating_its_token_shows_none() {
    for (name, encoded) in encodings(TOKEN) {
        let mut content = content_config();
        if let Some(content) = &mut content.content {
            content.stream.access_token = TOKEN.into();
        }
        let info = json!({"scopes": ["contentlogs:export"], "organization": {"id": format!("1{encoded}")}}).to_string();
        let refusal = json!({"type": "error", "status": 403, "code": "forbiddenAccess", "message": "no"}).to_string();
        let diagnosed = shown(content, [(403, refusal), (200, info)]).await;
        let belongs = diagnosed.split("which belongs to 1").nth(1).unwrap_or_default();
        assert!(belongs.contains("***"), "{name}: {diagnosed}");

        let mut audit = config(Duration::from_mins(5));
        if let Some(audit) = &mut audit.audit {
            audit.access_token = TOKEN.into();
        }
        let refused = json!({"type": "error", "code": encoded, "message": encoded}).to_string();
        let refused = shown(audit, [(418, refused.clone()), (418, refused)]).await;
        for text in [diagnosed, refused] {
            assert!(!text.contains(&encoded) && !text.contains("s3cr3t"), "{name}: {text}");
        }
    }
}
