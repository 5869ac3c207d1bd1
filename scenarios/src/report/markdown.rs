//! Markdown for a job's summary: what a reader of the run's page has to know, failures first, and no longer than people read.

mod escape;

use std::fmt::Write as _;

use escape::{code, inline, link};

use super::section::Section;
use super::{CaseReport, Report};
use crate::certify::Expectation;

/// Bytes of the whole. GitHub allows 1 MiB for a step
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary>, read on 2026-11-29).
const BYTES_MAX: usize = 60_000;
/// Bytes that failures leave for what follows them.
const FOLLOWS_MAX: usize = 24_000;
/// Broken checks that are shown of a case.
const CHECKS_MAX: usize = 12;
/// Names in a list.
const NAMES_MAX: usize = 40;

/// The whole summary.
pub fn markdown(report: &Report) -> String {
    let mut page = Page::default();
    page.push(&head(report), BYTES_MAX);
    for section in [Section::Fail, Section::Error, Section::Flaky, Section::Skip] {
        page.cases(section, &section.cases(report));
    }
    page.push(
        &table("Stale entries", "Listed as known failures, and did not come true.", &report.stale_told()),
        BYTES_MAX,
    );
    page.push(&known(report), BYTES_MAX);
    page.push(&not_played_again(report), BYTES_MAX);
    page.push(&foot(report), BYTES_MAX);
    page.text
}

fn not_played_again(report: &Report) -> String {
    let names = &report.not_played_again;
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = names.iter().take(NAMES_MAX).map(|name| inline(name)).collect();
    let more = names.len().saturating_sub(NAMES_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!(
        "Not retried, {}: {}{more}. They count as failures; some may be flaky.\n\n",
        report.why_not_again(),
        shown.join(", ")
    )
}

/// A text that never grows beyond a bound.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Whether there was room for it.
    fn push(&mut self, block: &str, bytes_max: usize) -> bool {
        let fits = self.text.len() + block.len() <= bytes_max;
        if fits {
            self.text.push_str(block);
        }
        fits
    }

    fn cases(&mut self, section: Section, cases: &[&CaseReport]) {
        if cases.is_empty() {
            return;
        }
        let heading = format!("### {} ({})\n\n{}\n\n", section.heading(), cases.len(), section.meaning());
        self.push(&heading, BYTES_MAX);
        for (shown, case) in cases.iter().enumerate() {
            if !self.push(&of_case(case), BYTES_MAX - FOLLOWS_MAX) {
                self.push(&left_out(&cases[shown..]), BYTES_MAX);
                return;
            }
        }
    }
}

fn left_out(cases: &[&CaseReport]) -> String {
    let names: Vec<String> = cases.iter().take(NAMES_MAX).map(|case| name(case)).collect();
    let more = cases.len().saturating_sub(NAMES_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("No room here for {}{more}: report.html has them.\n\n", names.join(", "))
}

/// The name of a case, short enough for a list.
fn name(case: &CaseReport) -> String {
    inline(&super::text::bounded(&case.name(), 120))
}

fn head(report: &Report) -> String {
    let mut text =
        format!("## Certification of {}\n\n**{}**\n\n", inline(&report.subject.name), inline(&report.sentence()));
    if report.shard.is_some() {
        text.push_str("This is one shard of the run: `miro-lab certify merge` joins the reports of all.\n\n");
    }
    let sections: Vec<Section> = Section::ALL
        .into_iter()
        .filter(|section| report.cases.iter().any(|case| Section::of(case) == *section))
        .collect();
    let row = |name: &str, cells: Vec<String>| format!("| {name} | {} |\n", cells.join(" | "));
    if sections.is_empty() {
        return text;
    }
    text.push_str(&row("Family", sections.iter().map(|section| section.name().to_owned()).collect()));
    text.push_str(&row("---", sections.iter().map(|_| "---:".to_owned()).collect()));
    for (family, cases) in report.by_family() {
        let count = |section: &Section| match cases.iter().filter(|case| Section::of(case) == *section).count() {
            0 => String::new(),
            count => count.to_string(),
        };
        text.push_str(&row(family.name(), sections.iter().map(count).collect()));
    }
    text.push('\n');
    text
}

fn of_case(case: &CaseReport) -> String {
    let mut text = format!("#### {}: {}\n\n", name(case), inline(&case.title));
    let place = if case.file.is_empty() {
        String::new()
    } else {
        format!(", {}", inline(&format!("{}:{}", case.file, case.line)))
    };
    // A string takes everything.
    let _written = writeln!(text, "{}, {}{place}\n", case.level.name(), case.family);
    if case.broken().next().is_none() || matches!(Section::of(case), Section::Flaky) {
        let _written = writeln!(text, "{}\n", inline(&case.reason));
    }
    if case.broken().next().is_some() {
        text.push_str("| Check | Expected | Seen |\n| --- | --- | --- |\n");
    }
    for check in case.broken().take(CHECKS_MAX) {
        let (name, expected, seen) = (inline(&check.check), inline(&check.expected), inline(&check.seen));
        let _written = writeln!(text, "| {name} | {expected} | {seen} |");
    }
    let more = case.broken().count().saturating_sub(CHECKS_MAX);
    if more > 0 {
        let _written = writeln!(text, "| {more} more | | |");
    }
    text.push('\n');
    if !case.why.trim().is_empty() {
        let _written = writeln!(text, "Why it matters: {}\n", inline(&case.why));
    }
    for source in case.spec.iter().take(CHECKS_MAX) {
        let _written = writeln!(text, "Rule: {} (read on {})\n", link(&source.url), source.seen);
    }
    text.push_str(&code(&case.repeat));
    text.push('\n');
    text
}

fn known(report: &Report) -> String {
    let known = Section::Known.cases(report);
    let entries: Vec<Expectation> = known
        .iter()
        .filter_map(|case| {
            let entry = case.expectation.clone()?;
            Some(Expectation { id: case.id.clone(), case: case.case.clone(), ..entry })
        })
        .collect();
    if entries.is_empty() {
        return String::new();
    }
    let rows = rows(&entries);
    format!("<details><summary>Known failures ({})</summary>\n\n{rows}\n</details>\n\n", entries.len())
}

fn table(heading: &str, meaning: &str, entries: &[Expectation]) -> String {
    if entries.is_empty() {
        return String::new();
    }
    format!("### {heading} ({})\n\n{meaning}\n\n{}\n", entries.len(), rows(entries))
}

/// Entries as a table, as many as there is room for.
fn rows(entries: &[Expectation]) -> String {
    let mut text =
        "| Case | Verdict | Reason | Followed at | Owner | Until |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    for (shown, entry) in entries.iter().enumerate() {
        let case = entry.case.as_ref().map_or_else(String::new, |case| format!(" ({case})"));
        let row = format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            inline(&format!("{}{case}", entry.id)),
            entry.verdict,
            inline(&entry.reason),
            entry.link.as_deref().map(link).unwrap_or_default(),
            entry.owner.as_deref().map(inline).unwrap_or_default(),
            entry.until.map(|until| until.to_string()).unwrap_or_default(),
        );
        if text.len() + row.len() > FOLLOWS_MAX / 3 {
            let _written = writeln!(text, "| {} more | | | | | |", entries.len() - shown);
            break;
        }
        text.push_str(&row);
    }
    text
}

fn foot(report: &Report) -> String {
    let shard = report.shard.as_ref().map_or_else(String::new, |shard| format!(", shard {}", inline(shard)));
    let version = report.subject.version.as_ref().map_or_else(String::new, |version| format!(" ({})", inline(version)));
    let suite: String = report.suite.chars().take(12).collect();
    format!(
        "miro-lab {}, suite {}{shard}, subject {}{version}, {}, {} to {}.\n",
        inline(&report.tool),
        inline(&suite),
        inline(&report.subject.name),
        inline(&report.machine),
        report.started.strftime("%Y-%m-%d %H:%M:%S UTC"),
        report.ended.strftime("%H:%M:%S UTC"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn failures_come_first_with_all_that_is_needed() {
        insta::assert_snapshot!(markdown(&sample::report()));
    }

    #[test]
    fn a_long_report_is_cut_and_says_what_is_left_out() {
        let mut report = sample::report();
        let failed = report.cases.iter().find(|case| Section::of(case) == Section::Fail).expect("one failed").clone();
        report.cases.extend(std::iter::repeat_n(failed, 300));
        let text = markdown(&report);
        assert!(text.len() <= BYTES_MAX, "{}", text.len());
        assert!(text.contains("report.html has them"));
        assert!(text.contains("Known failures"));
        assert!(text.contains("miro-lab "));
    }

    #[test]
    fn no_text_becomes_markup() {
        let mut report = sample::report();
        sample::poison(
            &mut report,
            "\n# <script>alert(1)</script>]]>|\u{1b}[31m</details>\n```\n@org/team [x](javascript:a)",
        );
        let text = markdown(&report);
        let outside = outside_code(&text);
        assert!(!outside.contains("<script") && !outside.contains("](javascript"), "{outside}");
        assert_eq!(outside.matches("</details>").count(), 1);
        assert!(!outside.contains('@') && !outside.lines().any(|line| line.starts_with("# ")));
        assert!(!text.contains('\u{1b}'));
        let cells = |line: &str| line.matches('|').count();
        assert!(
            outside.lines().filter(|line| line.starts_with('|')).all(|line| [4, 7, 9].contains(&cells(line))),
            "{outside}"
        );
    }

    /// The lines that are not in a block of code.
    fn outside_code(text: &str) -> String {
        let mut fence: Option<&str> = None;
        let mut outside = String::new();
        for line in text.lines() {
            match fence {
                Some(open) if line == open => fence = None,
                Some(_) => {}
                None if line.starts_with("```") => fence = line.strip_suffix("text"),
                None => {
                    outside.push_str(line);
                    outside.push('\n');
                }
            }
        }
        outside
    }
}
