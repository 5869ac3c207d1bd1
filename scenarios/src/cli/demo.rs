//! `miro-lab demo`.

use clap::Args;
use connector::Outcome;
use owo_colors::OwoColorize;

use super::Exit;
use crate::demo::{self, Count, Options, Summary};
use crate::render::grouped;

/// Runs the whole path of an event: both mocks on this machine, the connector between them, some injected failures.
///
/// Prints the results of five sample queries, then the counts at Miro and in the tables, and the failures that were survived.
/// Exits with 7 if anything is missing.
#[derive(Debug, Args)]
#[command(before_help = "  miro-lab demo\n  miro-lab demo --audit 5000 --content 1000 --json")]
pub(super) struct Demo {
    /// Events in the audit log.
    #[arg(long, default_value_t = Options::default().audit, value_name = "EVENTS")]
    audit: usize,
    /// Events in the content log.
    #[arg(long, default_value_t = Options::default().content, value_name = "EVENTS")]
    content: usize,
    /// Selects the company and its events.
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Show the connector's log on stderr.
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object, without the query results.
    #[arg(long)]
    json: bool,
}

/// Rows of each query result that are shown.
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

/// The query results first and the verdict last, where it stays on the screen.
fn tell(summary: &Summary) {
    for (title, answer) in &summary.answers {
        anstream::println!("{}", title.bold());
        anstream::println!("{}", answer.show(super::room(ROWS_MAX)));
        anstream::println!();
    }
    anstream::println!("{}", verdict(summary));
}

/// The counts, the failures that were survived, and whether anything is missing.
fn verdict(summary: &Summary) -> String {
    let mut lines = vec![format!(
        "{:<10}{:>12}{:>12}{:>8}{:>12}{:>14}",
        "stream", "at Miro", "in table", "lost", "duplicates", "dead letters"
    )];
    lines.extend(
        [("audit", summary.streams.audit), ("content", summary.streams.content)].map(|(name, count)| line(name, count)),
    );
    let first_row = summary.first_row_ms.map_or_else(|| "never".to_owned(), |ms| format!("after {} ms", grouped(ms)));
    lines.push(String::new());
    lines.push(format!(
        "first row {first_row}, all {} in {:.2} s: {} events per second",
        if summary.is_complete() { "delivered" } else { "ended" },
        summary.seconds,
        grouped(summary.events_per_second as u64),
    ));
    let troubles = summary.troubles.parts();
    if !troubles.is_empty() {
        let label = if summary.is_complete() { "survived" } else { "failures on the way" };
        lines.push(format!("{label}: {}", troubles.join(", ")));
    }
    lines.push(if summary.is_complete() {
        format!("{}: every event at Miro is in its table or dead-lettered", "PASS".green().bold())
    } else {
        format!("{}: {}", "FAIL".red().bold(), shortfall(summary))
    });
    lines.join("\n")
}

/// How much is missing, why, and what to do.
fn shortfall(summary: &Summary) -> String {
    let missing = summary.streams.audit.lost + summary.streams.content.lost;
    let missing = if missing == 1 { "1 event has".to_owned() } else { format!("{} events have", grouped(missing)) };
    let (reason, next_step) = match &summary.outcome {
        Outcome::Stopped(problem) => (problem.cause.as_str(), problem.next_step.as_str()),
        Outcome::Incomplete => {
            ("the connector was not through within ten minutes", "try fewer with `--audit` and `--content`")
        }
        Outcome::Finished | Outcome::Abandoned => ("the connector was stopped", "run it again"),
        Outcome::Done => {
            ("the connector reported success", "run the demo again with `--verbose`, and report the output")
        }
    };
    format!("{missing} not arrived: {reason}\n  next: {next_step}")
}

fn line(name: &str, count: Count) -> String {
    let columns = [count.at_miro, count.in_table, count.lost, count.duplicates, count.set_aside].map(grouped);
    let [at_miro, in_table, lost, duplicates, set_aside] = columns;
    let lost = format!("{lost:>8}");
    let lost = if count.lost > 0 { lost.red().to_string() } else { lost };
    format!("{name:<10}{at_miro:>12}{in_table:>12}{lost}{duplicates:>12}{set_aside:>14}")
}

#[cfg(test)]
mod tests {
    use connector::Problem;
    use connector::problem::Code;

    use super::*;
    use crate::demo::{Streams, Troubles};

    fn summary(outcome: Outcome, lost: u64) -> Summary {
        let count = |at_miro: u64| Count { at_miro, in_table: at_miro - lost, lost, duplicates: 0, set_aside: 0 };
        Summary {
            streams: Streams { audit: count(100_000), content: count(50_000) },
            first_row_ms: Some(256),
            seconds: 7.96,
            events_per_second: 18_843.2,
            outcome,
            troubles: Troubles { rate_limited: 3, cut: 1, refused: 1, ..Troubles::default() },
            answers: Vec::new(),
        }
    }

    /// The verdict as it is without colors.
    fn shown(summary: &Summary) -> String {
        anstream::adapter::strip_str(&verdict(summary)).to_string()
    }

    #[test]
    fn the_last_lines_say_what_was_survived_and_what_came_of_it() {
        insta::assert_snapshot!(shown(&summary(Outcome::Done, 0)), @r"
        stream         at Miro    in table    lost  duplicates  dead letters
        audit          100,000     100,000       0           0             0
        content         50,000      50,000       0           0             0

        first row after 256 ms, all delivered in 7.96 s: 18,843 events per second
        survived: 3 rate limits (429), 1 response cut off, 1 connection refused
        PASS: every event at Miro is in its table or dead-lettered
        ");
    }

    #[test]
    fn what_is_missing_is_said_with_the_reason_and_the_next_step() {
        let problem = Problem {
            code: Code::MiroFailing,
            subject: "miro.base_url".into(),
            cause: "could not connect to 127.0.0.1:1".into(),
            next_step: "check `http.proxy`".into(),
        };
        insta::assert_snapshot!(shown(&summary(Outcome::Stopped(problem), 7)), @r"
        stream         at Miro    in table    lost  duplicates  dead letters
        audit          100,000      99,993       7           0             0
        content         50,000      49,993       7           0             0

        first row after 256 ms, all ended in 7.96 s: 18,843 events per second
        failures on the way: 3 rate limits (429), 1 response cut off, 1 connection refused
        FAIL: 14 events have not arrived: could not connect to 127.0.0.1:1
          next: check `http.proxy`
        ");
    }
}
