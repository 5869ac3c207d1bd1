//! Audit events, written straight into bytes.

use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::Activity;
use super::catalogue::{self, Details, Family, Object};
use super::company::{Company, Team};
use super::{Anomalies, member, names, once_in, one_of, open_with_id, quoted, text_member};
use crate::cursor::audit_event_id;
use crate::event_log::{Facts, Position};
use crate::instant::CreatedAt;

/// Writes one audit event.
pub(super) fn write(
    out: &mut Vec<u8>,
    company: &Company,
    activity: Activity<'_>,
    seq: u32,
    anomalies: Anomalies,
    random: &mut ChaCha8Rng,
) -> Facts {
    let time = activity.time;
    let id = open_with_id(out, &audit_event_id(Position { time, seq }));
    let (family, event) = catalogue::draw(activity.kind, activity.person.kind.is_human(), random);
    let written = write!(
        out,
        r#","type":"event","event":"{event}","category":"{}","createdAt":"{}""#,
        family.category,
        CreatedAt(time)
    );
    written.expect("writing into memory does not fail");
    match once_in(250, random) {
        true if anomalies.nulls => member(out, "createdBy", "null"),
        true => {}
        false if anomalies.unknown_type => member(out, "createdBy", &activity.person.created_by_unknown),
        false => member(out, "createdBy", &activity.person.created_by),
    }
    let mut team = &company.teams[activity.person.team];
    object(out, family, company, activity, &mut team, random);
    context(out, family, company, activity, (team, anomalies), random);
    out.extend_from_slice(b",\"details\":");
    let from = out.len();
    details(out, family.details, anomalies, random);
    if anomalies.has_text() {
        anomalies.append_texts(out);
    }
    if anomalies.string_details {
        let text = quoted(&String::from_utf8_lossy(&out[from..]));
        out.truncate(from);
        out.extend_from_slice(text.as_bytes());
    }
    extras(out, anomalies, random);
    out.push(b'}');
    Facts { time, id }
}

/// The affected object; a board also determines the team.
fn object<'a>(
    out: &mut Vec<u8>,
    family: &Family,
    company: &'a Company,
    activity: Activity<'_>,
    team: &mut &'a Team,
    random: &mut ChaCha8Rng,
) {
    match family.object {
        // Sometimes it is missing.
        Object::Named if once_in(10, random) => {}
        Object::Actor => member(out, "object", &activity.person.object),
        Object::OtherUser => member(out, "object", &company.draw_person(random).object),
        Object::Organization => member(out, "object", &company.organization),
        Object::Team => {
            let named = format!(r#"{{"id":"{}","name":{}}}"#, team.id, quoted(&team.name));
            member(out, "object", &named);
        }
        Object::Board => {
            let board = company.draw_board(random);
            *team = &company.teams[board.team];
            member(out, "object", &board.object);
        }
        Object::Named => {
            let name = one_of(&names::BOARDS, random);
            let id: u64 = random.random_range(3_458_764_500_000_000_000..3_458_764_599_999_999_999);
            member(out, "object", &format!(r#"{{"id":"{id}","name":{}}}"#, quoted(name)));
        }
    }
}

fn context(
    out: &mut Vec<u8>,
    family: &Family,
    company: &Company,
    activity: Activity<'_>,
    (team, anomalies): (&Team, Anomalies),
    random: &mut ChaCha8Rng,
) {
    if once_in(700, random) {
        return;
    }
    let ip = if once_in(120, random) { "" } else { &activity.person.ip };
    out.extend_from_slice(b",\"context\":{\"ip\":\"");
    out.extend_from_slice(ip.as_bytes());
    out.extend_from_slice(b"\",\"organization\":");
    out.extend_from_slice(company.organization.as_bytes());
    if !family.organization_wide {
        member(out, "team", &team.context);
    } else if random.random_bool(0.5) && anomalies.nulls {
        member(out, "team", "null");
    }
    out.push(b'}');
}

fn details(out: &mut Vec<u8>, details: Details, anomalies: Anomalies, random: &mut ChaCha8Rng) {
    let client = quoted(one_of(&names::CLIENTS, random));
    let written = match details {
        Details::SignIn => {
            let auth = one_of(&["SSO", "PASSWORD", "GOOGLE", "MAGIC_LINK"], random);
            let factor = one_of(&["NONE", "TOTP", "WEBAUTHN"], random);
            write!(out, r#"{{"authType":"{auth}","mfaFactorType":"{factor}","userAgent":{client}}}"#)
        }
        Details::Failure => {
            let reason = one_of(&["WRONG_PASSWORD", "UNKNOWN_IDP", "LOCKED", "MFA_REJECTED"], random);
            let attempt = random.random_range(1..9);
            write!(out, r#"{{"authType":"SSO","reason":"{reason}","attempt":{attempt},"userAgent":{client}}}"#)
        }
        Details::Outage => {
            write!(out, r#"{{"authType":"SSO","reason":"IDP_UNREACHABLE","userAgent":{client}}}"#)
        }
        Details::Opening => {
            let role = one_of(&["OWNER", "COOWNER", "EDITOR", "COMMENTER", "VIEWER"], random);
            write!(out, r#"{{"role":"{role}","effectiveRole":"{role}","client":{{"agent":{client},"mobile":false}}}}"#)
        }
        Details::Change => {
            let (old, new) = (free_text(random), free_text(random));
            write!(out, r#"{{"changes":[{{"field":"name","old":{old},"new":{new}}}],"userAgent":{client}}}"#)
        }
        Details::Sharing => {
            let grants = random.random_range(1..4);
            let expires = if anomalies.nulls { r#""expires":null,"# } else { "" };
            write!(
                out,
                r#"{{"access":{{"from":"PRIVATE","to":"VIEW","grants":{grants}}},{expires}"note":{}}}"#,
                free_text(random)
            )
        }
        Details::Export => {
            let (format, bytes) =
                (one_of(&["PDF", "IMAGE", "CSV", "BACKUP"], random), random.random_range(1_000..90_000_000));
            write!(
                out,
                r#"{{"format":"{format}","sizeBytes":{bytes},"frames":[],"share":0.{},"ok":true}}"#,
                bytes % 1_000
            )
        }
        Details::Setting => {
            let domains = r#"["example.com","例え.jp","xn--bcher-kva.example"]"#;
            write!(
                out,
                r#"{{"setting":{{"name":"policy","value":{{"enabled":true,"domains":{domains}}}}},"reason":{}}}"#,
                free_text(random)
            )
        }
    };
    written.expect("writing into memory does not fail");
}

/// Free text of a user: mostly short, sometimes with difficult characters, rarely long.
pub(super) fn free_text(random: &mut ChaCha8Rng) -> String {
    match random.random_range(0..1_000) {
        0 => quoted(&one_of(&names::NOTES, random).repeat(random.random_range(20..200))),
        1..=40 => quoted(one_of(&names::TRAPS, random)),
        _ => quoted(one_of(&names::NOTES, random)),
    }
}

/// Members that no documentation knows.
fn extras(out: &mut Vec<u8>, anomalies: Anomalies, random: &mut ChaCha8Rng) {
    if once_in(50, random) {
        member(out, "riskScore", &format!("{}.5", random.random_range(0..100)));
    }
    if once_in(80, random) {
        let last = if anomalies.nulls { ",null" } else { "" };
        member(out, "tags", &format!(r#"[{{"k":"a","v":[1,2.50,-3e2,true{last}]}},[],{{}}]"#));
    }
    if once_in(200, random) {
        text_member(out, "поле", one_of(&names::TRAPS, random));
    }
}
