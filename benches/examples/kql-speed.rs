//! Times the sample queries over generated audit rows, and the published transform over raw events:
//! `cargo run --release -p benches --example kql-speed -- [rows] [query …]`
//!
//! Figures are CPU seconds of one thread, the median of three runs, and bytes held, one line each. `KQL_SPEED_CSV` names a
//! file that gets the rows of the table, for another engine to be asked the same (`peers/duckdb.py` does that).

use std::{fmt::Write as _, io::Write as _};

use kql::{BatchBuilder, ColumnType, DateTime, Schema, Settings, TICKS_PER_DAY, Table, Tables, Timespan, Transform};

const EVENTS: [&str; 12] = [
    "sign_in_succeeded",
    "sign_in_failed",
    "board_opened",
    "board_shared",
    "board_exported",
    "user_invited",
    "team_created",
    "permission_changed",
    "token_created",
    "app_installed",
    "board_deleted",
    "password_changed",
];
const CATEGORIES: [&str; 4] = ["auth", "board", "team", "admin"];

/// The columns the audit rule takes out of dynamic ones: name, what must be there, path.
const TAKEN: [(&str, &str, &str); 13] = [
    ("createdBy_email", "createdBy", "createdBy.email"),
    ("createdBy_id", "createdBy", "createdBy.id"),
    ("createdBy_name", "createdBy", "createdBy.name"),
    ("createdBy_type", "createdBy", "createdBy.type"),
    ("object_id", "object", "object.id"),
    ("object_name", "object", "object.name"),
    ("context_ip", "context", "context.ip"),
    ("context_team_id", "context.team", "context.team.id"),
    ("context_team_name", "context.team", "context.team.name"),
    ("context_team_type", "context.team", "context.team.type"),
    ("context_organization_id", "context.organization", "context.organization.id"),
    ("context_organization_name", "context.organization", "context.organization.name"),
    ("context_organization_type", "context.organization", "context.organization.type"),
];

/// What the published audit rule does to each event.
fn audit_rule() -> String {
    let mut rule = String::from(
        "source | extend TimeGenerated = todatetime(createdAt) | extend createdAt = todatetime(createdAt)",
    );
    rule.push_str(" | extend logType = type");
    for (name, needed, path) in TAKEN {
        write!(rule, " | extend {name} = iff(isnull({needed}), '', tostring({path}))").expect("a string");
    }
    rule.push_str(" | project TimeGenerated, id, createdAt, event, category, logType");
    for (name, ..) in TAKEN {
        write!(rule, ", {name}").expect("a string");
    }
    rule.push_str(", details");
    rule
}

const QUERIES: [(&str, &str); 9] = [
    (
        "recent events",
        "MiroAuditLogs_CL | sort by TimeGenerated desc | project TimeGenerated, event, category, createdBy_email, context_ip | take 20",
    ),
    (
        "by user and event",
        "MiroAuditLogs_CL | summarize EventCount = count() by createdBy_email, event, category | order by EventCount desc",
    ),
    (
        "changes in 7 days",
        "MiroAuditLogs_CL | where TimeGenerated > ago(7d) | summarize Changes = count() by createdBy_email, event | order by Changes desc",
    ),
    ("trend by hour", "MiroAuditLogs_CL | summarize count() by event, bin(TimeGenerated, 1h) | render timechart"),
    (
        "top ten in 30 days",
        "MiroAuditLogs_CL | where TimeGenerated > ago(30d) | summarize TotalActions = count() by createdBy_email | top 10 by TotalActions desc",
    ),
    (
        "filter by text",
        "MiroAuditLogs_CL | where event has 'sign_in_failed' and createdBy_email contains 'user7' | count",
    ),
    (
        "filter by dynamic",
        "MiroAuditLogs_CL | where tostring(details.role) == 'role3' | summarize dcount(context_ip) by event",
    ),
    ("full sort", "MiroAuditLogs_CL | sort by createdBy_email asc, TimeGenerated desc | project id | take 1000000"),
    ("latest by user", "MiroAuditLogs_CL | summarize arg_max(TimeGenerated, *) by createdBy_email | count"),
];

/// A small generator of its own, so that runs are comparable: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn now() -> DateTime {
    DateTime::parse("2026-11-23T00:00:00Z").expect("a date")
}

fn raw_schema() -> Schema {
    let text = ["id", "event", "category", "type", "createdAt"].map(|name| (name, ColumnType::String));
    let dynamic = ["createdBy", "context", "details", "object"].map(|name| (name, ColumnType::Dynamic));
    Schema::new(text.into_iter().chain(dynamic))
}

/// Events as they come from Miro.
fn raw_events(rows: usize, random: &mut Random) -> kql::Batch {
    let mut batch = BatchBuilder::new(raw_schema());
    let mut json = String::new();
    for row in 0..rows {
        let ago = Timespan::from_ticks(random.below(60 * TICKS_PER_DAY.unsigned_abs()) as i64);
        let at = now().checked_sub(ago).expect("in range");
        let event = EVENTS[random.below(12) as usize];
        let user = random.below(2000);
        batch.column(0).push_str(&format!("3458764{row:012}"));
        batch.column(1).push_str(event);
        batch.column(2).push_str(CATEGORIES[event.len() % 4]);
        batch.column(3).push_str("event");
        batch.column(4).push_str(&at.full().replace("0000Z", "+0000"));
        json.clear();
        write!(
            json,
            r#"{{"type":"user","id":"34587645{user:08}","name":"User {user}","email":"user{user}@example.com"}}"#
        )
        .expect("a string");
        batch.column(5).push_json(&json);
        json.clear();
        write!(
            json,
            r#"{{"ip":"10.{}.{}.{}","team":{{"id":"345876451{}","name":"Team {}","type":"team"}},"organization":{{"id":"3458764513","name":"Example","type":"organization"}}}}"#,
            random.below(4), random.below(256), random.below(256), random.below(50), random.below(50)
        )
        .expect("a string");
        batch.column(6).push_json(&json);
        json.clear();
        write!(
            json,
            r#"{{"role":"role{}","ssoEnabled":{},"authType":"PASSWORD"}}"#,
            random.below(9),
            random.below(2) == 0
        )
        .expect("a string");
        batch.column(7).push_json(&json);
        json.clear();
        write!(json, r#"{{"type":"board","id":"uXjV{}","name":"Board {}"}}"#, random.below(5000), random.below(5000))
            .expect("a string");
        batch.column(8).push_json(&json);
        batch.end_row();
    }
    batch.finish()
}

/// The processor time this thread has used, in seconds: other programs on the machine do not count.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells the time of a thread");
    let nanoseconds: u64 =
        stat.split(' ').next().and_then(|field| field.parse().ok()).expect("a number of nanoseconds");
    nanoseconds as f64 / 1e9
}

#[expect(clippy::print_stdout, reason = "a program that reports on its standard output")]
fn main() {
    let mut args = std::env::args().skip(1);
    let rows: usize = args.next().map_or(1_000_000, |rows| rows.parse().expect("a number of rows"));
    let own: Vec<String> = args.collect();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let transform = Transform::compile(&audit_rule(), &raw_schema()).expect("the published rule compiles");
    let mut table = Table::new(transform.output().clone());
    let mut transforming = 0.0;
    let mut left = rows;
    while left > 0 {
        let events = raw_events(left.min(1000), &mut random);
        left -= events.len();
        let started = processor_seconds();
        let out = transform.apply(&events, &Settings::at(now())).expect("the rule applies");
        for column in 0..out.schema().len() {
            assert_eq!(out.column(column).len(), events.len());
        }
        transforming += processor_seconds() - started;
        table.append(out);
    }
    println!("transform: {:.0} rows/s", rows as f64 / transforming);
    println!("memory: {:.1} MB for {} rows", table.bytes() as f64 / 1e6, table.len());
    if let Some(path) = std::env::var_os("KQL_SPEED_CSV") {
        write_csv(&table, &path).expect("the file can be written");
    }
    let catalog = Tables::default().with("MiroAuditLogs_CL", table);
    let settings = Settings::at(now()).with_rows_max(usize::MAX);
    let own = own.iter().map(|query| ("own", query.as_str()));
    for (name, query) in QUERIES.into_iter().chain(own) {
        let timed = [(); 3].map(|()| {
            let started = processor_seconds();
            let answer = kql::run(query, &catalog, &settings);
            (processor_seconds() - started, answer.map(|answer| answer.primary().len()))
        });
        let mut seconds = timed.each_ref().map(|(seconds, _)| *seconds);
        seconds.sort_by(f64::total_cmp);
        match &timed[0].1 {
            Ok(rows) => println!("{name:20} {:8.3} s  {rows:>9} rows", seconds[1]),
            Err(error) => println!("{name:20} {error}"),
        }
    }
}

/// All cells as text, quoted.
fn write_csv(table: &Table, path: &std::ffi::OsStr) -> std::io::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let names: Vec<&str> = table.schema().columns().iter().map(|column| &*column.name).collect();
    writeln!(file, "{}", names.join(","))?;
    for row in table.rows() {
        let cells = row.iter().map(|value| format!("\"{}\"", value.to_text().replace('"', "\"\"")));
        writeln!(file, "{}", cells.collect::<Vec<_>>().join(","))?;
    }
    file.flush()
}
