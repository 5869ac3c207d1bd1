//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, Parser, Subcommand};
use jiff::SignedDuration;
use mock_miro::{Cause, Incident, Log, SwitchInfo, World};

const EXAMPLES: &str = "\
Examples:
  mock-miro serve --generate-audit 100000 --generate-content 50000 --over 24h
  mock-miro serve --listen 127.0.0.1:4010 --audit-events audit.ndjson --credits-per-minute 10000";

const SWITCHES_EXAMPLES: &str = "\
Examples:
  mock-miro switches
  mock-miro switches --json";

const CAUSES_EXAMPLES: &str = "\
Examples:
  mock-miro causes
  mock-miro serve --generate-audit 1000 --cause siem-on-again";

/// A mock of the Miro API: audit, content and AI interaction logs with Miro's rate limits and errors.
#[derive(Debug, Parser)]
#[command(name = "mock-miro", version, before_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Listen, print one JSON line with the address and the tokens, and serve until SIGTERM or SIGINT.
    Serve(Box<Serve>),
    /// List the switches for behavior that Miro does not document, each with its default and the reason for it.
    Switches(Switches),
    /// List the causes of failure that can be reproduced, each with the response that a client then gets.
    Causes(Causes),
}

#[derive(Debug, Args)]
#[command(before_help = CAUSES_EXAMPLES)]
pub(crate) struct Causes {
    /// One JSON array instead of text.
    #[arg(long)]
    json: bool,
}

impl Causes {
    /// The list as it is printed.
    pub(crate) fn listed(&self) -> String {
        if self.json {
            return serde_json::to_string_pretty(Cause::all()).expect("the list is plain data");
        }
        let entry = |cause: &Cause| {
            let Cause { name, says, logs, status, code, .. } = cause;
            let logs = logs.iter().copied().map(word).collect::<Vec<_>>().join(", ");
            format!("{name:<33} {logs:<15} {:<27} {says}", format!("{status} {code}"))
        };
        let heading = format!("{:<33} {:<15} {:<27} {}", "CAUSE", "LOGS", "RESPONSE", "WHAT HAPPENED");
        std::iter::once(heading).chain(Cause::all().iter().map(entry)).collect::<Vec<_>>().join("\n")
    }
}

fn word(log: Log) -> &'static str {
    match log {
        Log::Audit => "audit",
        Log::Content => "content",
        Log::AiInteraction => "ai",
    }
}

#[derive(Debug, Args)]
#[command(before_help = SWITCHES_EXAMPLES)]
pub(crate) struct Switches {
    /// One JSON array instead of text.
    #[arg(long)]
    json: bool,
}

impl Switches {
    /// The list as it is printed.
    pub(crate) fn listed(&self) -> String {
        let catalogue = mock_miro::Switches::catalogue();
        if self.json {
            return serde_json::to_string_pretty(&catalogue).expect("the list is plain data");
        }
        let entry = |info: &SwitchInfo| {
            let SwitchInfo { name, default, allowed, decides, source } = info;
            format!("{name} = {default}\n    decides  {decides}\n    allowed  {allowed}\n    source   {source}")
        };
        catalogue.iter().map(entry).collect::<Vec<_>>().join("\n\n")
    }
}

#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Serve {
    /// Address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach. Anyone who can reach it can control this mock.
    #[arg(long)]
    allow_remote: bool,
    /// World to start from, as YAML; by default one Enterprise organization with Guard.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Audit events, one JSON object a line, exactly as Miro would send them.
    #[arg(long, value_name = "FILE")]
    audit_events: Option<PathBuf>,
    /// Content events, one JSON object a line, exactly as Miro would send them.
    #[arg(long, value_name = "FILE")]
    content_events: Option<PathBuf>,
    /// How many audit events to generate.
    #[arg(long, value_name = "COUNT")]
    generate_audit: Option<usize>,
    /// How many content events to generate.
    #[arg(long, value_name = "COUNT")]
    generate_content: Option<usize>,
    /// How far back from now generated events reach, such as 24h or 7d.
    #[arg(long, value_name = "DURATION")]
    over: Option<SignedDuration>,
    /// Seed of everything that is generated: tokens, ids, events.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Plant one incident of every kind among the audit events; GET /_control/incidents lists them.
    #[arg(long)]
    plant_incidents: bool,
    /// Reproduce this cause of failure, so that requests with the printed settings get its response; `mock-miro causes` lists them.
    #[arg(long, value_name = "NAME", value_parser = cause)]
    pub(crate) cause: Option<&'static Cause>,
    /// Credits per minute for each user and app.
    #[arg(long, value_name = "CREDITS")]
    credits_per_minute: Option<u64>,
}

fn cause(name: &str) -> Result<&'static Cause, String> {
    Cause::named(name).map_err(|nearest| format!("no such cause; the nearest is {nearest}"))
}

impl Serve {
    /// The address, if it may be listened on.
    pub(crate) fn address(&self) -> anyhow::Result<SocketAddr> {
        ensure!(
            self.listen.ip().is_loopback() || self.allow_remote,
            "--listen {}: other machines can reach this address; choose 127.0.0.1, or allow it with --allow-remote",
            self.listen
        );
        Ok(self.listen)
    }

    /// The world of the file, with what the other options change in its first organization.
    pub(crate) fn world(&self) -> anyhow::Result<World> {
        let mut world = match &self.world {
            Some(path) => World::from_file(path)?,
            None => World::enterprise(self.seed),
        };
        let organization = &mut world.organizations[0];
        for (events, file, generate) in [
            (&mut organization.audit, &self.audit_events, self.generate_audit),
            (&mut organization.content, &self.content_events, self.generate_content),
        ] {
            events.file = file.clone().or(events.file.take());
            events.over = self.over.or(events.over);
            if let Some(count) = generate {
                events.generate = count;
                events.seed = self.seed;
            }
        }
        if self.plant_incidents {
            organization.audit.incidents = Incident::all().to_vec();
        }
        if let Some(credits) = self.credits_per_minute {
            organization.credits_per_minute = credits;
        }
        Ok(world)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn serve(arguments: &[&str]) -> Box<Serve> {
        let all = ["mock-miro", "serve"].iter().chain(arguments);
        match Cli::try_parse_from(all).unwrap().command {
            Command::Serve(serve) => serve,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_help_begins_with_two_examples() {
        let mut cli = Cli::command();
        cli.clone().debug_assert();
        for command in std::iter::once(&mut cli.clone()).chain(cli.get_subcommands_mut()) {
            let help = command.render_long_help().to_string();
            assert!(help.starts_with("Examples:\n  mock-miro "), "{help}");
            assert_eq!(help.lines().filter(|line| line.starts_with("  mock-miro ")).count(), 2, "{help}");
        }
    }

    #[test]
    fn the_address_is_loopback_unless_allowed() {
        assert!(serve(&[]).address().is_ok());
        let refused = serve(&["--listen", "0.0.0.0:80"]).address().unwrap_err().to_string();
        assert!(refused.contains("--allow-remote"), "{refused}");
        assert!(serve(&["--listen", "0.0.0.0:80", "--allow-remote"]).address().is_ok());
    }

    #[test]
    fn options_change_the_first_organization_of_the_world() {
        let arguments = ["--generate-audit", "7", "--over", "6h", "--seed", "3", "--credits-per-minute", "10000"];
        let world = serve(&arguments).world().unwrap();
        let organization = &world.organizations[0];
        assert_eq!((organization.audit.generate, organization.audit.seed), (7, 3));
        assert_eq!(organization.audit.over, Some(SignedDuration::from_hours(6)));
        assert_eq!((organization.content.generate, organization.credits_per_minute), (0, 10_000));
    }
}
