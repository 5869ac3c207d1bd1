//! The `mock-miro` program.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use mock_miro::{MockMiro, Settings, SystemClock};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use cli::{Cli, Command, Serve};

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let done = match cli.command {
        Command::Serve(serve) => run(&serve),
        Command::Causes(causes) => print(&causes.listed()),
        Command::Switches(switches) => print(&switches.listed()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Configuration(error)) => fail(&error, 3),
        Err(Failure::Unexpected(error)) => fail(&error, 1),
    }
}

/// What ends the program early, by exit code.
enum Failure {
    /// What was asked for cannot be served.
    Configuration(anyhow::Error),
    /// Anything else.
    Unexpected(anyhow::Error),
}

fn fail(error: &anyhow::Error, code: u8) -> ExitCode {
    // A closed stderr cannot be reported anywhere.
    writeln!(std::io::stderr(), "mock-miro: {error:#}").ok();
    ExitCode::from(code)
}

fn print(text: &str) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{text}").context("could not print").map_err(Failure::Unexpected)
}

fn run(serve: &Serve) -> Result<(), Failure> {
    let address = serve.address().map_err(Failure::Configuration)?;
    let world = serve.world().map_err(Failure::Configuration)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime").map_err(Failure::Unexpected)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("could not listen on {address}"));
        let listener = listener.map_err(Failure::Configuration)?;
        let mock = MockMiro::new(world, std::sync::Arc::new(SystemClock));
        let mock = mock.context("could not create the world").map_err(Failure::Configuration)?;
        let settings = match serve.cause {
            Some(cause) => {
                mock.produce(cause).context("could not reproduce the cause").map_err(Failure::Configuration)?
            }
            None => mock.settings(),
        };
        announce_and_serve(mock, &settings, listener).await.map_err(Failure::Unexpected)
    })
}

async fn announce_and_serve(mock: MockMiro, settings: &Settings, listener: TcpListener) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let base_url = format!("http://{}", listener.local_addr()?);
    writeln!(std::io::stdout(), "{}", settings.handshake(&base_url)).context("could not announce the address")?;
    let serving = mock.serve(listener, stop.clone());
    tokio::pin!(serving);
    tokio::select! {
        () = &mut serving => return Ok(()),
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    stop.cancel();
    // A second signal does not wait for requests in flight.
    tokio::select! {
        () = &mut serving => {}
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
