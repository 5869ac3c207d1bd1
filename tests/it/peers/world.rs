//! Miro and Azure together: one `wiremock` server behind two fronts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use tests::tls::Authority;
use wiremock::matchers::{header, method, path, path_regex};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::azure::{Identity, Ledger};
use super::classes::{Call, Class};
use super::front::{CLASS_HEADER, Front, SIGN_IN, Trouble};
use super::miro::{Event, Log, ORGANIZATION, TokenInfo};
use super::subject::Places;

/// Events of each log at the beginning. They are older than the last late sweep, so that nothing lost is found again.
pub(super) const EVENTS: usize = 30;
const PAGE_MAX: usize = 10;

/// Both services on loopback ports of their own.
pub(super) struct World {
    pub(super) audit: Log,
    pub(super) content: Log,
    pub(super) ledger: Ledger,
    pub(super) trouble: Arc<Trouble>,
    pub(super) authority: Authority,
    pub(super) origin: MockServer,
    miro: Front,
    miro_scheme: &'static str,
    azure: Front,
}

impl World {
    /// Two empty logs and an empty table.
    pub(super) async fn empty(page_max: usize) -> Self {
        let (audit, content) = (Log::new(Call::Audit, page_max), Log::new(Call::Content, page_max));
        let ledger = Ledger::new();
        let origin = MockServer::builder().disable_request_recording().start().await;
        let get =
            |at: &str, right: Box<dyn Respond>| Mock::given(method("GET")).and(path(at)).respond_with(Right(right));
        let post = |at: &str, right: Box<dyn Respond>| {
            Mock::given(method("POST")).and(path_regex(at)).respond_with(Right(right))
        };
        let mocks = [
            get("/v2/audit/logs", Box::new(audit.clone())),
            get(&format!("/v2/orgs/{ORGANIZATION}/content-logs/items"), Box::new(content.clone())),
            get("/v1/oauth-token", Box::new(TokenInfo)),
            post("^/[^/]+/oauth2/v2.0/token$", Box::new(Identity)),
            post("^/dataCollectionRules/dcr-[0-9a-f]{32}/streams/Custom-Miro[A-Za-z]+_CL$", Box::new(ledger.clone())),
        ];
        for mock in mocks {
            mock.mount(&origin).await;
        }
        let trouble = Arc::new(Trouble::default());
        let authority = Authority::new().expect("certificates");
        let miro = Front::open(*origin.address(), &trouble, None, true).await;
        let azure = Front::open(*origin.address(), &trouble, Some(&authority), false).await;
        Self { audit, content, ledger, trouble, authority, origin, miro, miro_scheme: "http", azure }
    }

    /// Both logs with [`EVENTS`] events of about an hour ago, in pages of ten.
    pub(super) async fn with_history() -> Self {
        let world = Self::empty(PAGE_MAX).await;
        let begin = Timestamp::now() - SignedDuration::from_mins(75);
        for number in 0..EVENTS {
            let at = begin + SignedDuration::from_secs(20) * i32::try_from(number).expect("few");
            world.audit.add(Event::new(Call::Audit, number, at, 200));
            world.content.add(Event::new(Call::Content, number, at, 200));
        }
        world
    }

    /// The same, and Miro too is reached with TLS.
    pub(super) async fn secure() -> Self {
        let mut world = Self::with_history().await;
        world.miro = Front::open(*world.origin.address(), &world.trouble, Some(&world.authority), true).await;
        world.miro_scheme = "https";
        world
    }

    /// Answers of `class` to `call` are known from now on; see [`Trouble::begin`].
    pub(super) async fn knows(&self, class: Class, call: Call) {
        let turn = AtomicUsize::new(0);
        if class.shapes(call).is_empty() {
            return;
        }
        let answer = move |_: &Request| {
            let shapes = class.shapes(call);
            let shape = &shapes[turn.fetch_add(1, Ordering::Relaxed) % shapes.len()];
            let mut answer = ResponseTemplate::new(shape.status);
            if let Some(content_type) = shape.content_type {
                answer = answer.set_body_raw(shape.body, content_type);
            }
            if shape.status == 302 {
                answer = answer.insert_header("Location", SIGN_IN);
            }
            if shape.status == 407 {
                answer = answer.insert_header("Proxy-Authenticate", "Basic realm=\"gateway\"");
            }
            answer
        };
        Mock::given(header(CLASS_HEADER, class.name())).respond_with(answer).with_priority(1).mount(&self.origin).await;
    }

    /// An event of this moment in each log.
    pub(super) fn happens(&self, number: usize) {
        let now = Timestamp::now();
        self.audit.add(Event::new(Call::Audit, number, now, 200));
        self.content.add(Event::new(Call::Content, number, now, 200));
    }

    /// Where both services are: Miro without TLS, Azure with it.
    pub(super) fn places(&self) -> Places<'_> {
        Places {
            miro: format!("{}://{}", self.miro_scheme, self.miro.address),
            azure: format!("https://{}", self.azure.address),
            ca_pem: self.authority.ca_pem(),
        }
    }

    /// Events of both logs that are not in the table.
    pub(super) fn missing(&self) -> usize {
        let events = self.audit.events().into_iter().chain(self.content.events());
        events.filter(|event| self.ledger.copies(&event.bytes) == 0).count()
    }

    /// Rows more than one of an event, of all events together.
    pub(super) fn surplus(&self) -> u64 {
        self.ledger.rows() - self.ledger.distinct() as u64
    }

    /// The most copies of one event in the table.
    pub(super) fn copies_max(&self) -> u64 {
        let events = self.audit.events().into_iter().chain(self.content.events());
        events.map(|event| self.ledger.copies(&event.bytes)).max().unwrap_or(0)
    }
}

/// A boxed answer; `wiremock` takes only one type a mock.
struct Right(Box<dyn Respond>);

impl Respond for Right {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.0.respond(request)
    }
}
