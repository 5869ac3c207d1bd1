//! Both mocks on loopback sockets, with a company's day at Miro and some trouble on the way.

use std::path::Path;
use std::sync::Arc;

use connector::config::Config;
use jiff::{SignedDuration, Timestamp};
use mock_miro::{Events, MockMiro};
use mock_sentinel::{Call, MockSentinel, Tls};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{DemoError, Options};
use crate::deployment::{self, Addresses, Tuning};

/// Enough that the demonstration shows the way and not the waiting.
const CREDITS_PER_MINUTE: u64 = 10_000_000;
/// When the company's day began, counted back from now. It ends before the connector starts.
const BEGAN: SignedDuration = SignedDuration::from_hours(21);
const LASTED: SignedDuration = SignedDuration::from_hours(20);

pub(super) struct Mocks {
    pub(super) miro: MockMiro,
    pub(super) sentinel: MockSentinel,
    addresses: Addresses,
    servers: JoinSet<()>,
    stop: CancellationToken,
}

impl Mocks {
    /// Starts both; the root certificate is written into `folder`.
    pub(super) async fn start(options: &Options, folder: &Path) -> Result<Self, DemoError> {
        let miro = MockMiro::new(company(options), Arc::new(mock_miro::SystemClock))?;
        let sentinel = MockSentinel::new(mock_sentinel::World::default(), Arc::new(mock_sentinel::SystemClock))?;
        cause_trouble(&miro, &sentinel);
        let tls = Tls::generate()?;
        let ca_file = folder.join("ca.pem");
        tokio::fs::write(&ca_file, tls.root_pem()).await?;
        let (miro_socket, miro_url) = listen("http").await?;
        let (plain_socket, _) = listen("http").await?;
        let (tls_socket, azure_url) = listen("https").await?;
        let stop = CancellationToken::new();
        let mut servers = JoinSet::new();
        servers.spawn(miro.clone().serve(miro_socket, stop.clone()));
        servers.spawn(sentinel.clone().serve(plain_socket, Some((tls_socket, tls)), stop.clone()));
        let addresses =
            Addresses { miro: miro_url, authority: azure_url.clone(), endpoint: azure_url, ca_file: Some(ca_file) };
        Ok(Self { miro, sentinel, addresses, servers, stop })
    }

    pub(super) fn config(&self, tuning: &Tuning) -> Config {
        deployment::config(&self.miro, &self.sentinel, &self.addresses, tuning)
    }

    /// When the first upload was stored.
    pub(super) fn first_row_at(&self) -> Option<Timestamp> {
        let journal = self.sentinel.journal();
        journal.into_iter().find(|entry| entry.call == Call::Ingest && entry.rows > 0).map(|entry| entry.at)
    }

    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        while self.servers.join_next().await.is_some() {}
    }
}

/// A free port of this machine.
async fn listen(scheme: &str) -> std::io::Result<(TcpListener, url::Url)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("{scheme}://{}", listener.local_addr()?);
    Ok((listener, url.parse().expect("an address makes a URL")))
}

fn company(options: &Options) -> mock_miro::World {
    let mut world = mock_miro::World::enterprise(options.seed);
    let began = Timestamp::now() - BEGAN;
    let events = |generate, seed| Events { generate, over: Some(LASTED), from: Some(began), seed, ..Events::default() };
    let organization = &mut world.organizations[0];
    organization.credits_per_minute = CREDITS_PER_MINUTE;
    organization.audit = events(options.audit, options.seed);
    organization.content = events(options.content, options.seed.wrapping_add(1));
    world
}

/// Some 429s, a page cut off in the middle, and an upload whose connection is reset.
fn cause_trouble(miro: &MockMiro, sentinel: &MockSentinel) {
    let at_miro =
        |call: &str, nth| mock_miro::When { call: Some(call.to_owned()), nth: Some(nth), ..mock_miro::When::default() };
    let wait = mock_miro::Answer {
        status: 429,
        retry_after: Some(mock_miro::RetryAfter::Seconds(1)),
        // Else it would be told that the minute's credits are spent, and would wait for the next minute.
        headers: [("x-ratelimit-remaining".to_owned(), CREDITS_PER_MINUTE.to_string())].into(),
        ..mock_miro::Answer::default()
    };
    for (call, nth) in [("audit_logs", 20), ("audit_logs", 90), ("content_logs", 12)] {
        miro.inject(mock_miro::Fault {
            when: at_miro(call, nth),
            answer: Some(wait.clone()),
            ..mock_miro::Fault::default()
        });
    }
    miro.inject(mock_miro::Fault {
        when: at_miro("audit_logs", 30),
        fault: Some(mock_miro::Trouble { cut_after_bytes: Some(20_000), ..mock_miro::Trouble::default() }),
        ..mock_miro::Fault::default()
    });
    sentinel.inject(mock_sentinel::Fault {
        when: mock_sentinel::When { call: Some(Call::Ingest), nth: Some(4), ..mock_sentinel::When::default() },
        fault: Some(mock_sentinel::Trouble { reset: true, ..mock_sentinel::Trouble::default() }),
        ..mock_sentinel::Fault::default()
    });
}
