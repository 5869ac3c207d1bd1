//! Both services at one address, over TLS as the real ones are: fast, and without a copy of what they give and take.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tests::tls::Authority;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::log::{Log, Page};
use super::table::Table;
use crate::peers::azure::{BEARER, CALL_MAX};
use crate::peers::classes::Call;
use crate::peers::miro::{AUDIT_TOKEN, CONTENT_TOKEN, ORGANIZATION};
use crate::peers::subject::Places;

type Answer = Response<Either<Page, Full<Bytes>>>;

/// A listening socket; closed with everything on it when dropped.
#[derive(Debug)]
pub(super) struct Peer {
    address: SocketAddr,
    authority: Authority,
    services: Arc<Services>,
    _accepting: JoinSet<()>,
}

impl Peer {
    /// Serves two logs of `count` events of `size` bytes.
    pub(super) async fn open(size: usize, count: usize) -> Self {
        let authority = Authority::new().expect("certificates");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let services = Arc::new(Services {
            audit: Stream::new(Call::Audit, size, count),
            content: Stream::new(Call::Content, size, count),
        });
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, authority.acceptor(), Arc::clone(&services)));
        Self { address, authority, services, _accepting: accepting }
    }

    pub(super) fn places(&self) -> Places<'_> {
        let url = format!("https://{}", self.address);
        Places { miro: url.clone(), azure: url, ca_pem: self.authority.ca_pem() }
    }

    /// Waits until every event of both logs has arrived.
    pub(super) async fn has_everything(&self) {
        self.services.audit.table.is_complete().await;
        self.services.content.table.is_complete().await;
    }

    /// True when every event of both logs is there once and nothing else.
    pub(super) fn is_exact(&self) -> bool {
        self.services.audit.table.is_exact() && self.services.content.table.is_exact()
    }

    /// What the tables hold, in words.
    pub(super) fn tables(&self) -> String {
        format!("audit: {}; content: {}", self.services.audit.table, self.services.content.table)
    }

    /// The size of both logs together.
    pub(super) fn events_and_bytes(&self) -> (usize, usize) {
        let (audit, content) = (&self.services.audit.log, &self.services.content.log);
        (audit.count() + content.count(), audit.bytes() + content.bytes())
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, services: Arc<Services>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve(stream, acceptor.clone(), Arc::clone(&services)));
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, acceptor: TlsAcceptor, services: Arc<Services>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let answer = service_fn(|request| {
        let services = Arc::clone(&services);
        async move { Ok::<_, Infallible>(services.answer(request).await) }
    });
    // Who reads no page to its end closes the connection: that is no error here.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
}

/// A log and the table that it is to arrive in.
#[derive(Debug)]
struct Stream {
    log: Arc<Log>,
    table: Table,
}

impl Stream {
    fn new(call: Call, size: usize, count: usize) -> Self {
        let log = Arc::new(Log::new(call, size, count));
        Self { table: Table::new(&log), log }
    }

    fn page(&self, query: &str) -> Answer {
        let Some(page) = self.log.page(query) else { return say(400, &json!({"type": "error", "status": 400})) };
        let reset = (Timestamp::now().as_second() + 60).to_string();
        Response::builder()
            .header(CONTENT_TYPE, "application/json;charset=utf-8")
            .header("X-RateLimit-Limit", "100000000")
            .header("X-RateLimit-Remaining", "99000000")
            .header("X-RateLimit-Reset", reset)
            .body(Either::Left(page))
            .expect("valid")
    }
}

#[derive(Debug)]
struct Services {
    audit: Stream,
    content: Stream,
}

impl Services {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let bearer = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned();
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        match Call::of(path) {
            Some(Call::Audit) if bearer == AUDIT_TOKEN => self.audit.page(query),
            Some(Call::Content) if bearer == CONTENT_TOKEN => self.content.page(query),
            Some(Call::Token) => say(200, &json!({"token_type": "Bearer", "expires_in": 3599, "access_token": BEARER})),
            Some(Call::Ingestion) if bearer == BEARER => self.take(request).await,
            None if path == "/v1/oauth-token" => token_information(&bearer),
            _ => say(401, &json!({"type": "error", "status": 401, "code": "tokenNotFound"})),
        }
    }

    /// An upload.
    async fn take(&self, request: Request<Incoming>) -> Answer {
        let stream =
            if request.uri().path().ends_with("/Custom-MiroContentLogs_CL") { &self.content } else { &self.audit };
        let Ok(body) = request.into_body().collect().await else { return refuse(400, "BadRequest") };
        let body = body.to_bytes();
        if body.len() > CALL_MAX {
            return refuse(413, "ContentLengthLimitExceeded");
        }
        match stream.table.take(&body) {
            Some(()) => Response::builder().status(204).body(Either::Right(Full::default())).expect("valid"),
            None => refuse(400, "BadRequest"),
        }
    }
}

fn token_information(bearer: &str) -> Answer {
    let scope = if bearer == CONTENT_TOKEN { "contentlogs:export" } else { "auditlogs:read" };
    say(200, &json!({"type": "Token", "organization": {"type": "organization", "id": ORGANIZATION}, "scopes": [scope]}))
}

fn refuse(status: u16, code: &str) -> Answer {
    say(status, &json!({"error": {"code": code, "message": "The request is refused."}}))
}

fn say(status: u16, body: &Value) -> Answer {
    let answer = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    answer.body(Either::Right(Full::from(body.to_string()))).expect("valid")
}
