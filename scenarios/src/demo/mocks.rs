//! Both mocks on loopback sockets, with a company's day at Miro and some trouble on the way.

use std::path::Path;
use std::sync::Arc;

use connector::config::Config;
use faults::{Answer, Fault, RetryAfter, SystemClock, Trouble, When};
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
        let miro = MockMiro::new(company(options), Arc::new(SystemClock))?;
        let sentinel = MockSentinel::new(mock_sentinel::World::default(), Arc::new(SystemClock))?;
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
    let nth = |call: &str, nth| When { call: Some(call.to_owned()), nth: Some(nth), ..When::default() };
    let wait = Answer {
        status: 429,
        retry_after: Some(RetryAfter::Seconds(1)),
        // Else it would be told that the minute's credits are spent, and would wait for the next minute.
        headers: [("x-ratelimit-remaining".to_owned(), CREDITS_PER_MINUTE.to_string())].into(),
        ..Answer::default()
    };
    for (call, number) in [("miro.audit_logs", 20), ("miro.audit_logs", 90), ("miro.content_logs", 12)] {
        miro.inject(Fault { when: nth(call, number), answer: Some(wait.clone()), ..Fault::default() });
    }
    let cut = Trouble { cut_after_bytes: Some(20_000), ..Trouble::default() };
    miro.inject(Fault { when: nth("miro.audit_logs", 30), fault: Some(cut), ..Fault::default() });
    let reset = Trouble { reset: true, ..Trouble::default() };
    sentinel.inject(Fault { when: nth("sentinel.ingest", 4), fault: Some(reset), ..Fault::default() });
}
