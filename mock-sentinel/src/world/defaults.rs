//! The defaults of a world.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::{
    App, FieldUnit, Identity, Ingestion, Managed, Query, Resources, StatusCode, UnknownAnswers, Workspace, World,
    WrongTypes,
};

impl Default for World {
    fn default() -> Self {
        Self {
            clock: None,
            seed: 1,
            identity: Identity::default(),
            workspace: Workspace::default(),
            ingestion: Ingestion::default(),
            query: Query::default(),
            tables: Vec::new(),
            rules: Vec::new(),
            parameters: BTreeMap::new(),
            watchlists: Vec::new(),
            geo: None,
            faults: Vec::new(),
            journal_entries: 10_000,
            resources: Resources::default(),
        }
    }
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            tenant_id: "7f9c2ba4-0000-4000-8000-6d69726f0001".to_owned(),
            tenant_domain: "contoso.example".to_owned(),
            apps: vec![App::default()],
            token_life: SignedDuration::from_secs(3_599),
            statuses: BTreeMap::new(),
            managed: Managed::default(),
            token_life_cp1: SignedDuration::from_secs(86_399),
        }
    }
}

impl Default for App {
    fn default() -> Self {
        Self {
            name: "miro-sentinel".to_owned(),
            client_id: "a1b2c3d4-0000-4000-8000-6d69726f0002".to_owned(),
            object_id: "0b1ec7ed-0000-4000-8000-6d69726f0003".to_owned(),
            client_secret: "mock~secret.of-the_default+app/1".to_owned(),
            expired_secret: None,
            certificates: Vec::new(),
            federations: Vec::new(),
            publisher: true,
            reader: true,
            contributor: true,
        }
    }
}

impl Default for Managed {
    fn default() -> Self {
        Self {
            identity_header: "mock-identity-header".to_owned(),
            token_life: SignedDuration::from_secs(86_400),
            arc: None,
        }
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            id: "3c0ffee0-0000-4000-8000-6d69726f0004".to_owned(),
            name: "miro-workspace".to_owned(),
            subscription_id: "5ab5c41b-0000-4000-8000-6d69726f0005".to_owned(),
            resource_group: "miro".to_owned(),
            location: "westeurope".to_owned(),
        }
    }
}

impl Default for Ingestion {
    fn default() -> Self {
        Self {
            wire_bytes_max: 1_048_576,
            inflated_bytes_max: 50 * 1_048_576,
            field_max: 64 * 1_024,
            field_unit: FieldUnit::default(),
            wrong_types: WrongTypes::default(),
            oldest: SignedDuration::from_hours(48),
            newest: SignedDuration::from_hours(24),
            calls_per_minute: 12_000,
            bytes_per_minute: 2_000_000_000,
            log_errors: true,
            role_delay: SignedDuration::ZERO,
            visible_after: SignedDuration::ZERO,
            new_table_visible_after: SignedDuration::ZERO,
            daily_cap_bytes: None,
            capitalised_version_error: false,
            answers: UnknownAnswers::default(),
        }
    }
}

impl StatusCode {
    fn new(status: u16, code: &str) -> Self {
        Self { status, code: code.to_owned() }
    }
}

impl Default for UnknownAnswers {
    fn default() -> Self {
        Self {
            unauthenticated: StatusCode::new(401, "InvalidAuthenticationToken"),
            wrong_token_kind: StatusCode::new(401, "UnsupportedAccessTokenType"),
            empty_body: StatusCode::new(500, ""),
            nested_value: StatusCode::new(400, "MalformedJson"),
            time_spread: StatusCode::new(400, "RecordsTimeRangeIsMoreThan30Minutes"),
            unknown_stream: StatusCode::new(400, "InvalidStream"),
            unknown_encoding: StatusCode::new(415, "UnsupportedContentEncoding"),
            invalid_gzip: StatusCode::new(400, "InvalidContentEncoding"),
            invalid_json: StatusCode::new(204, ""),
            inflated_too_big: StatusCode::new(413, "PayloadSizeLimitExceeded"),
            throttled: StatusCode::new(429, "TooManyRequests"),
        }
    }
}

impl Default for Query {
    fn default() -> Self {
        Self {
            rows_max: 500_000,
            bytes_max: 100 * 1_048_576,
            time_default: SignedDuration::from_mins(3),
            time_max: SignedDuration::from_mins(10),
            memory_max: 1 << 30,
            concurrent_max: 5,
            queue_max: 200,
            queue_wait: SignedDuration::from_mins(3),
            per_thirty_seconds: 200,
            table_names: super::TableNames::default(),
            empty_workspace_is_204: true,
        }
    }
}
