//! A Miro and an Azure just large enough to be lied to by.

use std::collections::BTreeMap;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use redb::StorageBackend;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::config::{Config, ContentConfig, Http, Identity, LogFormat, Miro, Sentinel, Start};
use crate::config::{StoreConfig, StreamConfig, Telemetry};
use crate::identity::{TokenError, TokenProvider};
use crate::store::{RedbStore, Store};
use crate::transport::TransportError;
use crate::{Clock, Connector, Parts, Random, Transport};

/// One event at Miro.
#[derive(Clone, Debug)]
pub(super) struct Happening {
    pub(super) at: Timestamp,
    pub(super) visible: Timestamp,
    pub(super) id: String,
}

/// How often something goes wrong, in thousandths of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    pub(super) cut_before: u32,
    pub(super) cut_after: u32,
    pub(super) throttled: u32,
    pub(super) failing: u32,
    pub(super) hang: u32,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: TestClock,
    pub(super) events: Mutex<Vec<Happening>>,
    /// When an event became visible, by id.
    visible: Mutex<BTreeMap<String, Timestamp>>,
    /// Id -> times it was taken.
    pub(super) taken: Mutex<BTreeMap<String, u32>>,
    pub(super) miro: Mutex<Peer>,
    pub(super) azure: Mutex<Peer>,
    /// Longest delay between an event being visible and being taken.
    pub(super) delays: Mutex<Vec<SignedDuration>>,
    /// Answers by plan: status and body, for calls to Miro in order; `None` lets the call through.
    pub(super) miro_says: Mutex<Vec<Option<(u16, String)>>>,
    /// The token that Miro does not know any more.
    pub(super) refused_token: Mutex<Option<&'static str>>,
    /// The next call to Miro finds the rate budget spent: it is whole again in a minute, and the wait named is 3 s.
    pub(super) budget_spent: AtomicBool,
    /// What Azure says to bodies, decided by a test.
    pub(super) azure_says: Mutex<Option<AzureSays>>,
    pub(super) disk: Disk,
    /// Requests that would show their token in a log.
    pub(super) open_tokens: AtomicU32,
}

/// Instead of a code of Azure's: a page of somebody in between.
pub(super) const A_PROXYS_PAGE: &str = "(a page)";

pub(super) type AzureSays = fn(&[String]) -> Option<(u16, &'static str)>;

#[derive(Debug)]
pub(super) struct Peer {
    random: ChaCha8Rng,
    pub(super) trouble: Trouble,
    /// After 429: from when until when no call may be begun.
    pub(super) blocked: Option<(Timestamp, Timestamp)>,
    pub(super) calls: u32,
    pub(super) lost_answers: u32,
    pub(super) broken_promises: u32,
    pub(super) queries: Vec<String>,
}

impl Peer {
    fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            trouble: Trouble::default(),
            blocked: None,
            calls: 0,
            lost_answers: 0,
            broken_promises: 0,
            queries: Vec::new(),
        }
    }

    fn chance(&mut self, thousandths: u32) -> bool {
        self.random.random_range(0..1000) < thousandths
    }
}

#[derive(Clone, Debug)]
pub(super) struct TestClock {
    start: Timestamp,
    began: Instant,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.start + SignedDuration::try_from(self.began.elapsed()).unwrap()
    }
}

/// Memory that outlives the database that lies in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// When set, nothing can be read or written any more.
    pub(super) is_broken: Arc<AtomicBool>,
}

impl Disk {
    /// Gives the backend each time that the database is opened.
    fn plug(&self) -> impl Fn() -> Self + Send + Sync + 'static {
        let disk = self.clone();
        move || disk.clone()
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("no answer"));
        }
        let start = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.bytes.lock().unwrap()[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.bytes.lock().unwrap().resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(io::Error::other("no space left"));
        }
        let start = usize::try_from(offset).unwrap();
        self.bytes.lock().unwrap()[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            clock: TestClock { start: "2026-03-01T00:00:00Z".parse().unwrap(), began: Instant::now() },
            events: Mutex::default(),
            visible: Mutex::default(),
            taken: Mutex::default(),
            miro: Mutex::new(Peer::new(seed)),
            azure: Mutex::new(Peer::new(seed + 1)),
            delays: Mutex::default(),
            miro_says: Mutex::default(),
            refused_token: Mutex::default(),
            budget_spent: AtomicBool::new(false),
            azure_says: Mutex::default(),
            disk: Disk::default(),
            open_tokens: AtomicU32::new(0),
        })
    }

    /// `count` events between `from` and `to` seconds from now, each visible up to `late` seconds later.
    pub(super) fn happen(&self, seed: u64, count: usize, from: i64, to: i64, late: i64) {
        self.happen_shown(seed, count, from..to, 0..=late);
    }

    /// The same, each visible just `late` seconds later.
    pub(super) fn happen_late(&self, seed: u64, count: usize, from: i64, to: i64, late: i64) {
        self.happen_shown(seed, count, from..to, late..=late);
    }

    fn happen_shown(&self, seed: u64, count: usize, happen: Range<i64>, shown: RangeInclusive<i64>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let now = self.clock.now();
        let mut events = self.events.lock().unwrap();
        let base = events.len();
        for number in 0..count {
            let at = now + SignedDuration::from_millis(random.random_range(happen.start * 1000..happen.end * 1000));
            let visible =
                at + SignedDuration::from_millis(random.random_range(shown.start() * 1000..=shown.end() * 1000));
            let id = format!("e-{:06}#{}", base + number, random.random::<u32>());
            self.visible.lock().unwrap().insert(id.clone(), visible);
            events.push(Happening { at, visible, id });
        }
        events.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
    }

    pub(super) fn connector(self: &Arc<Self>, seed: u64, config: Config) -> Connector {
        let store = self.store(config.store.dead_letters_bytes_max);
        self.connector_on(Arc::new(store), seed, config)
    }

    pub(super) fn connector_on(self: &Arc<Self>, store: Arc<dyn Store>, seed: u64, config: Config) -> Connector {
        Connector::new(config, self.parts(store, seed))
    }

    /// The connector that goes on after `old` with another configuration, as after a secret was rotated.
    pub(super) fn succeed(self: &Arc<Self>, old: &Connector, store: Arc<dyn Store>, config: Config) -> Connector {
        old.succeeded_by(config, self.parts(store, 1))
    }

    fn parts(self: &Arc<Self>, store: Arc<dyn Store>, seed: u64) -> Parts {
        Parts {
            miro: Arc::new(FakeMiro(Arc::clone(self))),
            azure: Arc::new(FakeAzure(Arc::clone(self))),
            tokens: Arc::new(FixedToken),
            clock: Arc::new(self.clock.clone()),
            random: Random::seeded(seed),
            store,
        }
    }

    /// Whether Miro does not know the token of `request`.
    fn is_refused(&self, request: &Request<Bytes>) -> bool {
        let refused = self.refused_token.lock().unwrap().map(|token| format!("Bearer {token}"));
        let shown = request.headers().get(AUTHORIZATION).and_then(|token| token.to_str().ok());
        refused.is_some_and(|refused| shown == Some(&refused))
    }

    pub(super) fn store(&self, dead_letters_bytes_max: u64) -> RedbStore {
        RedbStore::with_backend(self.disk.plug(), dead_letters_bytes_max).unwrap()
    }

    fn look_at(&self, request: &Request<Bytes>) {
        let is_shown = request.headers().get(AUTHORIZATION).is_none_or(|token| !token.is_sensitive());
        self.open_tokens.fetch_add(u32::from(is_shown), Ordering::Relaxed);
    }

    pub(super) fn missing(&self) -> usize {
        let taken = self.taken.lock().unwrap();
        self.events.lock().unwrap().iter().filter(|event| !taken.contains_key(&event.id)).count()
    }

    pub(super) fn duplicates(&self) -> u32 {
        self.taken.lock().unwrap().values().map(|times| times - 1).sum()
    }

    fn page(&self, query: &str) -> Response<Bytes> {
        let pairs: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        // Each log has its own names for the same two times.
        let time = |names: [&str; 2]| {
            crate::time::parse(names.iter().find_map(|name| pairs.get(*name)).expect("both times are asked for"))
                .unwrap()
        };
        let (from, to) = (time(["createdAfter", "from"]), time(["createdBefore", "to"]));
        let limit: usize = pairs["limit"].parse().unwrap();
        let now = self.clock.now();
        let events = self.events.lock().unwrap();
        let key = |event: &Happening| format!("{}|{}", event.at, event.id);
        let after = pairs.get("cursor").cloned().unwrap_or_default();
        let begin = events.partition_point(|event| event.at < from);
        let mut found = events[begin..]
            .iter()
            .take_while(|event| event.at <= to)
            .filter(|event| event.visible <= now)
            .filter(|event| key(event) > after);
        let page: Vec<&Happening> = found.by_ref().take(limit).collect();
        let cursor =
            found.next().and(page.last()).map(|last| format!(r#","cursor":"{}""#, key(last))).unwrap_or_default();
        let data: Vec<String> = page
            .iter()
            .map(|event| {
                format!(r#"{{"id":"{}","createdAt":"{}"}}"#, event.id, event.at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000"))
            })
            .collect();
        let (size, data) = (data.len(), data.join(","));
        Response::new(Bytes::from(format!(r#"{{"type":"cursor-list","size":{size},"data":[{data}]{cursor}}}"#)))
    }

    fn take(&self, body: &[u8]) -> Response<Bytes> {
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        let mut plain = String::new();
        io::Read::read_to_string(&mut GzDecoder::new(body), &mut plain).unwrap();
        let events: Vec<&RawValue> = serde_json::from_str(&plain).unwrap();
        let ids: Vec<String> = events.iter().map(|raw| serde_json::from_str::<Id>(raw.get()).unwrap().id).collect();
        if let Some((status, code)) = self.azure_says.lock().unwrap().and_then(|says| says(&ids)) {
            let body = format!(r#"{{"error":{{"code":"{code}"}}}}"#);
            let response = Response::builder().status(status);
            return match code {
                A_PROXYS_PAGE => {
                    response.header("Content-Type", "text/html").body(Bytes::from_static(b"<html></html>"))
                }
                _ => response.body(Bytes::from(body)),
            }
            .unwrap();
        }
        let visible = self.visible.lock().unwrap();
        let now = self.clock.now();
        let mut taken = self.taken.lock().unwrap();
        for id in ids {
            if let Some(visible) = visible.get(&id) {
                self.delays.lock().unwrap().push(now.duration_since(*visible));
            }
            *taken.entry(id).or_default() += 1;
        }
        Response::builder().status(204).body(Bytes::new()).unwrap()
    }

    async fn serve(
        &self,
        peer: &Mutex<Peer>,
        act: impl FnOnce() -> Response<Bytes> + Send,
    ) -> Result<Response<Bytes>, TransportError> {
        let cut = || TransportError::Cut { host: "fake".into(), reason: "cut".into() };
        let begun = self.clock.now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = self.clock.now();
        let (lost, hang) = {
            let mut peer = peer.lock().unwrap();
            peer.calls += 1;
            let trouble = peer.trouble;
            let is_early = peer.blocked.is_some_and(|(from, until)| from < begun && begun < until);
            peer.broken_promises += u32::from(is_early);
            if peer.chance(trouble.cut_before) {
                return Err(cut());
            }
            if peer.chance(trouble.throttled) {
                peer.blocked = Some((now, now + SignedDuration::from_secs(7)));
                return Ok(Response::builder().status(429).header("Retry-After", "7").body(Bytes::new()).unwrap());
            }
            if peer.chance(trouble.failing) {
                return Ok(Response::builder().status(503).body(Bytes::new()).unwrap());
            }
            let lost = peer.chance(trouble.cut_after);
            let hang = peer.chance(trouble.hang);
            peer.lost_answers += u32::from(lost || hang);
            (lost, hang)
        };
        let answer = act();
        if hang {
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
        if lost { Err(cut()) } else { Ok(answer) }
    }
}

#[derive(Debug)]
struct FakeMiro(Arc<World>);

impl Transport for FakeMiro {
    fn send(&self, request: Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let world = &self.0;
            world.look_at(&request);
            let query = request.uri().query().unwrap_or_default().to_owned();
            let planned = {
                let mut plan = world.miro_says.lock().unwrap();
                if plan.is_empty() { None } else { plan.remove(0) }
            };
            world.miro.lock().unwrap().queries.push(query.clone());
            if world.budget_spent.swap(false, Ordering::Relaxed) {
                let response = Response::builder().status(429).header("Retry-After", "3");
                let response = response.header("X-RateLimit-Limit", "100000").header("X-RateLimit-Remaining", "0");
                return Ok(response.header("X-RateLimit-Reset", "60").body(Bytes::new()).unwrap());
            }
            let planned = if world.is_refused(&request) {
                Some((401, r#"{"status":401,"code":"tokenNotProvided","type":"error"}"#.to_owned()))
            } else {
                planned
            };
            world
                .serve(&world.miro, || match planned {
                    Some((status, body)) => Response::builder().status(status).body(Bytes::from(body)).unwrap(),
                    None => world.page(&query),
                })
                .await
        })
    }
}

#[derive(Debug)]
struct FakeAzure(Arc<World>);

impl Transport for FakeAzure {
    fn send(&self, request: Request<Bytes>, _: usize) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            let world = &self.0;
            world.look_at(&request);
            world.serve(&world.azure, || world.take(request.body())).await
        })
    }
}

#[derive(Debug)]
struct FixedToken;

impl TokenProvider for FixedToken {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, TokenError>> {
        Box::pin(async { Ok(SecretString::from("token")) })
    }

    fn refused(&self) {}
}

/// The content stream alone, of organisation 7.
pub(super) fn content_config() -> Config {
    let mut config = config(Duration::from_mins(5));
    let stream = config.audit.take().unwrap();
    config.content = Some(ContentConfig { stream, organization_id: "7".into() });
    config.sentinel.content_rule = Some("dcr-2".into());
    config
}

/// Both streams, each with a token of its own.
pub(super) fn both_logs(start_ago: Duration) -> Config {
    let mut config = config(start_ago);
    let mut content = content_config().content.unwrap();
    content.stream.access_token = SecretString::from("content");
    content.stream.start = Start::Ago(start_ago);
    config.content = Some(content);
    config.sentinel.content_rule = Some("dcr-2".into());
    config
}

pub(super) fn config(start_ago: Duration) -> Config {
    Config {
        miro: Miro { base_url: "https://api.miro.com".parse().unwrap(), budget_share: 0.8, concurrent_reads: 3 },
        audit: Some(StreamConfig {
            access_token: SecretString::from("audit"),
            poll_every: Duration::from_secs(15),
            late_sweeps: vec![Duration::from_mins(2), Duration::from_mins(10), Duration::from_mins(30)],
            start: Start::Ago(start_ago),
        }),
        content: None,
        sentinel: Sentinel {
            endpoint: "https://x.ingest.monitor.azure.com".parse().unwrap(),
            audit_rule: Some("dcr-1".into()),
            content_rule: None,
            identity: Identity::ClientSecret {
                tenant_id: "t".into(),
                client_id: "c".into(),
                client_secret: SecretString::from("s"),
                authority: "https://login.microsoftonline.com".parse().unwrap(),
                scope: "https://monitor.azure.com/.default".into(),
            },
            plain_bytes_max: 20_000,
            compression_level: 1,
            concurrent_uploads: 1,
        },
        store: StoreConfig { path: "unused".into(), dead_letters_bytes_max: 1_000_000 },
        http: Http { ca_file: None, proxy: None, timeout: Duration::from_secs(30) },
        telemetry: Telemetry { listen: None, log_format: LogFormat::Human, grace: Duration::from_secs(20) },
    }
}
