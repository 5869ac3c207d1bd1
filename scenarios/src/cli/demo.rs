//! `miro-lab demo`.

use clap::Args;
use owo_colors::OwoColorize;

use super::Exit;
use crate::demo::{self, Count, Options, Summary};
use crate::render::grouped;

/// Shows an event's whole way: both mocks on this machine, the connector between them, some trouble on the way.
///
/// Prints what is at Miro, what is in the tables, and what five sample queries answer. Exits with 7 if anything is
/// missing.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab demo\n  miro-lab demo --audit 5000 --content 1000 --json")]
pub(super) struct Demo {
    /// Events in the audit log.
    #[arg(long, default_value_t = Options::default().audit, value_name = "EVENTS")]
    audit: usize,
    /// Events in the content log.
    #[arg(long, default_value_t = Options::default().content, value_name = "EVENTS")]
    content: usize,
    /// Chooses the company and what happens in it.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Show on stderr what the connector logs.
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object, without the queries' answers.
    #[arg(long)]
    json: bool,
}

/// Rows of each answer that are shown.
const ROWS_MAX: usize = 10;

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        if self.verbose {
            let levels = tracing_subscriber::EnvFilter::new("warn,connector=debug");
            tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(levels).init();
        }
        let options = Options { audit: self.audit, content: self.content, seed: self.seed };
        if !self.json {
            anstream::eprintln!(
                "A company with {} audit and {} content events at Miro (seed {}).",
                grouped(options.audit as u64),
                grouped(options.content as u64),
                options.seed,
            );
        }
        let summary = runtime.block_on(demo::run(&options))?;
        if self.json {
            anstream::println!("{}", serde_json::to_string(&summary)?);
        } else {
            tell(&summary);
        }
        Ok(if summary.is_complete() { Exit::Held } else { Exit::Missing })
    }
}

fn tell(summary: &Summary) {
    anstream::println!(
        "{:<10}{:>12}{:>12}{:>8}{:>12}{:>11}",
        "stream",
        "at Miro",
        "in table",
        "lost",
        "duplicates",
        "set aside"
    );
    for (name, count) in [("audit", summary.streams.audit), ("content", summary.streams.content)] {
        anstream::println!("{}", line(name, count));
    }
    let first_row = summary.first_row_ms.map_or_else(|| "never".to_owned(), |ms| format!("after {} ms", grouped(ms)));
    anstream::println!();
    anstream::println!(
        "first row {first_row}, all {} in {:.2} s: {} events per second",
        if summary.is_complete() { "delivered" } else { "ended" },
        summary.seconds,
        grouped(summary.events_per_second as u64),
    );
    for (title, answer) in &summary.answers {
        anstream::println!();
        anstream::println!("{}", title.bold());
        anstream::println!("{}", answer.show(super::room(ROWS_MAX)));
    }
    if !summary.is_complete() {
        anstream::eprintln!("The connector ended with {:?}; see above for what is missing.", summary.outcome);
    }
}

fn line(name: &str, count: Count) -> String {
    let columns = [count.at_miro, count.in_table, count.lost, count.duplicates, count.set_aside].map(grouped);
    let [at_miro, in_table, lost, duplicates, set_aside] = columns;
    format!("{name:<10}{at_miro:>12}{in_table:>12}{lost:>8}{duplicates:>12}{set_aside:>11}")
}
