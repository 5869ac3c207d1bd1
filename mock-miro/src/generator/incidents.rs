//! Planted incidents: events among ordinary ones that a detection should find.

use std::io::Write;

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::company::{AccountKind, Company, Person};
use super::{member, open_with_id};
use crate::cursor::audit_event_id;
use crate::event_log::{EventLog, Facts, Position};
use crate::instant::CreatedAt;
use crate::world::{Incident, Organization};

/// An incident of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// Which kind.
    pub incident: Incident,
    /// What a detection should report.
    pub says: String,
    /// A KQL query over `MiroAuditLogs_CL` whose first column is the address of the person who did it.
    pub query: &'static str,
    /// The address of the person who did it.
    pub email: String,
    /// The first event.
    pub from: Timestamp,
    /// The last event.
    pub until: Timestamp,
    /// The ids of all its events, in the order of time.
    pub ids: Vec<String>,
}

/// One event of an incident.
struct IncidentEvent<'a> {
    after_seconds: i64,
    event: &'a str,
    category: &'a str,
    object: &'a str,
    ip: &'a str,
    details: &'a str,
}

/// Two addresses of ranges reserved for documentation (RFC 5737), which represent two continents.
const HERE: &str = "192.0.2.10";
const FAR_AWAY: &str = "198.51.100.77";
const BOARDS_EXPORTED: i64 = 60;
const SIGN_INS_FAILED: i64 = 200;

impl Incident {
    /// A query that finds it.
    fn query(self) -> &'static str {
        match self {
            Self::MassExport => {
                "MiroAuditLogs_CL | where event == 'board_exported' and isnotempty(createdBy_email) \
                 | summarize exports = count() by createdBy_email, bin(TimeGenerated, 15m) | where exports >= 25 \
                 | distinct createdBy_email"
            }
            Self::ImpossibleTraveller => {
                "let signIns = MiroAuditLogs_CL | where event == 'sign_in_succeeded' \
                 | where isnotempty(createdBy_email) and isnotempty(context_ip) \
                 | project createdBy_email, TimeGenerated, context_ip; \
                 signIns | join kind=inner signIns on createdBy_email \
                 | where context_ip != context_ip1 and TimeGenerated1 between (TimeGenerated .. 20m) \
                 | distinct createdBy_email"
            }
            Self::SiemDisabled => {
                "MiroAuditLogs_CL | where event == 'siem_integration_disabled' | distinct createdBy_email"
            }
            Self::SignInStorm => {
                "MiroAuditLogs_CL | where event == 'sign_in_failed' and isnotempty(createdBy_email) \
                 | summarize failures = count() by createdBy_email, context_ip, bin(TimeGenerated, 10m) \
                 | where failures >= 50 | distinct createdBy_email"
            }
        }
    }
}

/// Plants an incident somewhere between `from` and `over` later.
pub(crate) fn plant(
    into: &mut EventLog,
    organization: &Organization,
    incident: Incident,
    (from, over): (Timestamp, SignedDuration),
    seed: u64,
) -> Planted {
    let company = Company::of(organization);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(100 + incident as u64);
    let person = draw_member(&company, &mut random);
    let longest = SignedDuration::from_mins(20).as_millis() as i64;
    let room = i64::try_from(over.as_millis()).unwrap_or(i64::MAX / 2) - longest;
    let start = from.as_millisecond() + random.random_range(0..room.max(1));
    let mut writer = IncidentWriter { into, company: &company, person, start, ids: Vec::new(), last: start };
    let says = writer.write_incident(incident);
    let IncidentWriter { ids, last, .. } = writer;
    into.sort();
    let instant = |millis| Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    let (email, from, until) = (person.email.clone(), instant(start), instant(last));
    Planted { incident, says, query: incident.query(), email, from, until, ids }
}

fn draw_member<'a>(company: &'a Company, random: &mut ChaCha8Rng) -> &'a Person {
    loop {
        let person = company.draw_person(random);
        if person.kind == AccountKind::Member {
            return person;
        }
    }
}

struct IncidentWriter<'a> {
    into: &'a mut EventLog,
    company: &'a Company,
    person: &'a Person,
    /// Milliseconds since 1970.
    start: i64,
    last: i64,
    ids: Vec<String>,
}

impl IncidentWriter<'_> {
    /// Writes its events; returns what a detection should report.
    fn write_incident(&mut self, incident: Incident) -> String {
        match incident {
            Incident::MassExport => {
                for (nth, board) in (0..BOARDS_EXPORTED).zip(&self.company.boards) {
                    let details = r#"{"format":"BACKUP","sizeBytes":48000000}"#;
                    let event = incident_event(nth * 10, "board_exported", "boards", &board.object, HERE);
                    self.write(&IncidentEvent { details, ..event });
                }
                format!("{BOARDS_EXPORTED} boards exported by one person within 10 minutes")
            }
            Incident::ImpossibleTraveller => {
                let object = &self.person.object;
                self.write(&incident_event(0, "sign_in_succeeded", "authentication", object, HERE));
                self.write(&incident_event(18 * 60, "sign_in_succeeded", "authentication", object, FAR_AWAY));
                format!("signed in from {HERE} and 18 minutes later from {FAR_AWAY}")
            }
            Incident::SiemDisabled => {
                let object = &self.company.organization;
                let details = r#"{"setting":{"name":"siem","value":{"enabled":false}}}"#;
                let event = incident_event(0, "siem_integration_disabled", "administration", object, FAR_AWAY);
                self.write(&IncidentEvent { details, ..event });
                "the SIEM integration was switched off".to_owned()
            }
            Incident::SignInStorm => {
                let object = &self.person.object;
                for nth in 0..SIGN_INS_FAILED {
                    let details = r#"{"authType":"PASSWORD","reason":"WRONG_PASSWORD"}"#;
                    let event = incident_event(nth, "sign_in_failed", "authentication", object, FAR_AWAY);
                    self.write(&IncidentEvent { details, ..event });
                }
                self.write(&incident_event(
                    SIGN_INS_FAILED + 5,
                    "sign_in_succeeded",
                    "authentication",
                    object,
                    FAR_AWAY,
                ));
                format!("{SIGN_INS_FAILED} failed sign-ins from {FAR_AWAY}, then one that succeeded")
            }
        }
    }

    fn write(&mut self, event: &IncidentEvent<'_>) {
        let time = self.start + event.after_seconds * 1_000;
        let id = audit_event_id(Position { time, seq: self.into.next_seq() });
        let mut out = Vec::with_capacity(700);
        let range = open_with_id(&mut out, &id);
        let IncidentEvent { event, category, object, ip, details, .. } = event;
        let written = write!(
            out,
            r#","type":"event","event":"{event}","category":"{category}","createdAt":"{}""#,
            CreatedAt(time)
        );
        written.expect("writing into memory does not fail");
        member(&mut out, "createdBy", &self.person.created_by);
        member(&mut out, "object", object);
        let context = format!(r#"{{"ip":"{ip}","organization":{}}}"#, self.company.organization);
        member(&mut out, "context", &context);
        member(&mut out, "details", details);
        out.push(b'}');
        self.into.push(&out, &Facts { time, id: range }, None);
        self.last = time;
        self.ids.push(id);
    }
}

fn incident_event<'a>(
    after_seconds: i64,
    event: &'a str,
    category: &'a str,
    object: &'a str,
    ip: &'a str,
) -> IncidentEvent<'a> {
    IncidentEvent {
        after_seconds,
        event,
        category,
        object,
        ip,
        details: r#"{"authType":"SSO","mfaFactorType":"NONE"}"#,
    }
}
