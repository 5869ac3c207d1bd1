//! `mock-sentinel`: the mock as a program.

mod address;

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};
use mock_sentinel::{Authority, BLOCKING_THREADS, MockSentinel, Names, SystemClock, Tls, World};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Queries and simulations make many small allocations that all go at once; the system's allocator would keep their memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code for an address that is not allowed, and for a world, table or rule that is not valid.
const INVALID: u8 = 3;

/// The minimum number of threads that serve calls.
const WORKERS_MIN: usize = 4;

const EXAMPLES: &str = "\
Examples:
  mock-sentinel serve
      the built-in Miro tables and rules on two free ports; prints the addresses and credentials

  mock-sentinel serve --tls-listen 127.0.0.1:8443 --table MiroAuditLogs_Table.json --rule MiroAuditLogs_DCR.json
      the tables and rules you deploy, on a port you choose

  mock-sentinel serve --tls-listen 0.0.0.0:443 --allow-remote --tls-name azure --ca-file ca.pem
      under Azure's own host names, for programs that cannot be given another; reuses the same root certificate";

/// A Microsoft Sentinel on this machine: Entra ID, data collection rules, a workspace and its query API.
#[derive(Debug, Parser)]
#[command(version, before_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or SIGINT. Prints one JSON line once it is listening.
    #[command(before_help = EXAMPLES)]
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Serve {
    /// Address to listen on for HTTP; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Address to listen on for HTTPS; port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    tls_listen: SocketAddr,
    /// Allow addresses that other machines can reach. Anyone who can reach them controls this mock.
    #[arg(long, alias = "public")]
    allow_remote: bool,
    /// The world to serve: tenant, apps, workspace, limits, faults.
    #[arg(long, value_name = "F.yaml")]
    world: Option<PathBuf>,
    /// ARM JSON with tables, instead of the built-in ones. May be repeated.
    #[arg(long = "table", value_name = "F.json")]
    tables: Vec<PathBuf>,
    /// ARM JSON with data collection rules, instead of the built-in ones. May be repeated.
    #[arg(long = "rule", value_name = "F.json")]
    rules: Vec<PathBuf>,
    /// An additional host name or address for the certificate; `azure` stands for Azure's own hosts. May be repeated.
    #[arg(long = "tls-name", value_name = "NAME")]
    tls_names: Vec<String>,
    /// Keep the root certificate in this file and its key in PATH.key, and reuse them at the next start. Without it, a
    /// root is created for this run only.
    #[arg(long, value_name = "PATH")]
    ca_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Cli { command: Command::Serve(serve) } = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let mock = match serve.mock() {
        Ok(mock) => mock,
        Err(error) => {
            report(&error);
            return ExitCode::from(INVALID);
        }
    };
    let runtime = runtime();
    let served = runtime.context("could not start the runtime").and_then(|runtime| runtime.block_on(serve.run(mock)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

/// Uploads are worked on where they arrive, so more threads than processors let others be served meanwhile; queries and
/// large uploads have threads of their own, few, since the allocator keeps memory for each.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.max(WORKERS_MIN))
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
}

fn report(error: &anyhow::Error) {
    tracing::debug!(?error, "Exiting with an error.");
    let written = writeln!(std::io::stderr(), "error: {error:#}");
    written.unwrap_or_default();
}

impl Serve {
    /// What is to be served, if it may be.
    fn mock(&self) -> anyhow::Result<MockSentinel> {
        self.check_addresses()?;
        self.names("")?;
        Ok(MockSentinel::new(self.world()?, Arc::new(SystemClock))?)
    }

    fn check_addresses(&self) -> anyhow::Result<()> {
        for (option, address) in [("--listen", self.listen), ("--tls-listen", self.tls_listen)] {
            ensure!(
                address.ip().is_loopback() || self.allow_remote,
                "{option} {address}: other machines can reach this address; choose 127.0.0.1, or allow it with --allow-remote",
            );
        }
        Ok(())
    }

    fn world(&self) -> anyhow::Result<World> {
        let mut world = match &self.world {
            Some(path) => World::from_file(path)?,
            None => World::default(),
        };
        for path in &self.tables {
            world.load_table(path)?;
        }
        for path in &self.rules {
            world.load_rule(path)?;
        }
        Ok(world)
    }

    async fn run(self, mock: MockSentinel) -> anyhow::Result<()> {
        let http = bind(self.listen).await?;
        let https = bind(self.tls_listen).await?;
        let (http_at, https_at) = (http.local_addr()?, https.local_addr()?);
        let (tls, ca_file) = self.certificate(&mock, &[http_at, https_at])?;
        let stop = stop_on_signal()?;
        let http_url = format!("http://{}", self.reachable(http_at));
        let https_url = format!("https://{}", self.reachable(https_at));
        let handshake = mock.handshake(&http_url, &https_url, &ca_file.path().display().to_string());
        let mut stdout = std::io::stdout();
        writeln!(stdout, "{handshake}").and_then(|()| stdout.flush()).context("could not print the handshake")?;
        mock.serve(http, Some((https, tls)), stop).await;
        Ok(())
    }

    /// The certificate for all names and addresses that callers may use, and the file of the root to trust.
    fn certificate(&self, mock: &MockSentinel, listening: &[SocketAddr]) -> anyhow::Result<(Tls, CaFile)> {
        let mut names = self.names(&mock.location())?;
        for address in listening {
            names = names.with(address::outward(address.ip()));
        }
        if let Some(path) = &self.ca_file {
            let authority = Authority::kept(path)?;
            let path = std::path::absolute(path).context("could not resolve --ca-file")?;
            return Ok((Tls::issue(&authority, &names)?, CaFile::Permanent(path)));
        }
        let tls = Tls::issue(&Authority::generate()?, &names)?;
        let file = ca_file(&tls)?;
        Ok((tls, CaFile::Temporary(file)))
    }

    fn names(&self, region: &str) -> anyhow::Result<Names> {
        Names::new(self.tls_names.iter().map(String::as_str), region).context("--tls-name")
    }

    /// Host and port by which others reach a listener, and which the certificate names.
    fn reachable(&self, address: SocketAddr) -> String {
        let named = self.tls_names.iter().find(|name| *name != "azure" && !name.starts_with('*'));
        match named.filter(|_| address.ip().is_unspecified()) {
            Some(name) => address::host_and_port(name, address.port()),
            None => SocketAddr::new(address::outward(address.ip()), address.port()).to_string(),
        }
    }
}

/// The file of the root certificate.
enum CaFile {
    Permanent(PathBuf),
    /// Deleted when the program ends.
    Temporary(tempfile::NamedTempFile),
}

impl CaFile {
    fn path(&self) -> &Path {
        match self {
            Self::Permanent(path) => path,
            Self::Temporary(file) => file.path(),
        }
    }
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("could not listen on {address}"))
}

/// The root certificate in a temporary file, deleted when the program ends. Readable by every user.
fn ca_file(tls: &Tls) -> anyhow::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix("mock-sentinel-ca-")
        .suffix(".pem")
        .permissions(std::fs::Permissions::from_mode(0o644))
        .tempfile()?;
    file.write_all(tls.root_pem().as_bytes())
        .and_then(|()| file.flush())
        .context("could not write the root certificate")?;
    Ok(file)
}

/// Cancelled by the first SIGTERM or SIGINT.
fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        token.cancel();
    });
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Serve {
        let all = ["mock-sentinel", "serve"].iter().chain(arguments);
        let Cli { command: Command::Serve(serve) } = Cli::try_parse_from(all).unwrap();
        serve
    }

    #[test]
    fn addresses_are_loopback_unless_allowed() {
        assert!(serve(&[]).check_addresses().is_ok());
        for option in ["--listen", "--tls-listen"] {
            let refused = serve(&[option, "0.0.0.0:80"]).check_addresses().unwrap_err().to_string();
            assert!(refused.starts_with(option) && refused.contains("--allow-remote"), "{refused}");
            assert!(serve(&[option, "0.0.0.0:80", "--allow-remote"]).check_addresses().is_ok());
        }
        assert!(serve(&["--listen", "[::]:80", "--public"]).check_addresses().is_ok());
    }

    #[test]
    fn what_is_printed_can_be_reached_and_is_named_by_the_certificate() {
        let any: SocketAddr = "0.0.0.0:8443".parse().unwrap();
        assert_eq!(serve(&[]).reachable("127.0.0.1:8443".parse().unwrap()), "127.0.0.1:8443");
        assert_eq!(serve(&[]).reachable("[::1]:8443".parse().unwrap()), "[::1]:8443");
        assert!(!serve(&[]).reachable(any).starts_with("0.0.0.0"));
        assert_eq!(serve(&["--tls-name", "azure", "--tls-name", "mock.lab"]).reachable(any), "mock.lab:8443");
        assert_eq!(serve(&["--tls-name", "2001:db8::1"]).reachable(any), "[2001:db8::1]:8443");
        let refused = format!("{:#}", serve(&["--tls-name", "https://mock"]).names("x").unwrap_err());
        assert!(refused.starts_with("--tls-name: 'https://mock'"), "{refused}");
    }
}
