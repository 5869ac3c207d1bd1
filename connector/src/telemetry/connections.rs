//! The connections of those who ask: bounded in number, size and time, so that nobody outside keeps the process from its
//! work or from its end.

use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::Stop;

/// What one peer and all together may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Open connections; one more closes the oldest.
    pub(crate) connections_max: usize,
    /// The time for a request's head.
    pub(crate) head_within: Duration,
    /// The time for a connection as a whole: one request and its response.
    pub(crate) connection_within: Duration,
    /// The time for what is being answered when the process ends.
    pub(crate) grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 64,
            head_within: Duration::from_secs(5),
            connection_within: Duration::from_secs(30),
            grace: Duration::from_secs(1),
        }
    }
}

/// The largest head of a request, and its most headers; scrapers and probes send some hundred bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// How long to wait when a connection cannot be accepted, as when the process has no descriptor left.
const PAUSE: Duration = Duration::from_millis(200);

/// A socket that is listened on.
pub(crate) trait Accept {
    /// What a connection is read from and written to.
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// The next connection. Cancel safe.
    fn next(&self) -> impl Future<Output = io::Result<Self::Stream>>;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn next(&self) -> io::Result<TcpStream> {
        self.accept().await.map(|(stream, _)| stream)
    }
}

/// Answers one request a connection until `done`; then those under way get the grace time, or less when `stop` says to leave.
pub(crate) async fn serve(
    listener: impl Accept,
    router: Router,
    limits: Limits,
    stop: &Stop,
    done: impl Future<Output = ()>,
) {
    let mut open = Open::new(router, limits);
    let mut done = pin!(done);
    loop {
        tokio::select! {
            biased;
            () = &mut done => break,
            Some(_) = open.tasks.join_next() => {}
            accepted = accept(&listener) => open.take(accepted),
        }
    }
    drop(listener);
    tokio::select! {
        () = open.drain() => {}
        () = stop.leaving() => {}
    }
}

/// The next connection. Cancel safe.
async fn accept<L: Accept>(listener: &L) -> L::Stream {
    loop {
        match listener.next().await {
            Ok(stream) => return stream,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// The open connections. Dropping it closes them.
struct Open {
    router: Router,
    limits: Limits,
    closing: CancellationToken,
    tasks: JoinSet<()>,
    /// The oldest first.
    by_age: VecDeque<AbortHandle>,
}

impl Open {
    fn new(router: Router, limits: Limits) -> Self {
        Self { router, limits, closing: CancellationToken::new(), tasks: JoinSet::new(), by_age: VecDeque::new() }
    }

    fn take(&mut self, stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
        self.by_age.retain(|task| !task.is_finished());
        if self.by_age.len() >= self.limits.connections_max
            && let Some(oldest) = self.by_age.pop_front()
        {
            oldest.abort();
        }
        let answering = answer(stream, self.router.clone(), self.limits, self.closing.clone());
        self.by_age.push_back(self.tasks.spawn(answering));
    }

    async fn drain(&mut self) {
        self.closing.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // What has not ended by then is closed.
        drop(tokio::time::timeout(self.limits.grace, ended).await);
    }
}

/// Answers one request, or closes the connection when its time is over.
async fn answer(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    router: Router,
    limits: Limits,
    closing: CancellationToken,
) {
    let conversation = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(limits.head_within)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut conversation = pin!(conversation);
    let answered = async {
        tokio::select! {
            _ = conversation.as_mut() => {}
            () = closing.cancelled() => {
                conversation.as_mut().graceful_shutdown();
                // A peer that went away is nobody's concern.
                drop(conversation.await);
            }
        }
    };
    drop(tokio::time::timeout(limits.connection_within, answered).await);
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);
    /// More than sockets hold, and more than a millisecond carries.
    const LARGE: usize = 64 << 20;

    fn router() -> Router {
        Router::new().route("/", get(|| async { "hello" })).route("/large", get(|| async { "x".repeat(LARGE) }))
    }

    /// Runs `clients` against a server, tells the server that it is done, and waits for its end, while what the clients return
    /// stays as it is.
    async fn against<T>(limits: Limits, clients: impl AsyncFnOnce(std::net::SocketAddr) -> T) -> T {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (done, stop) = (CancellationToken::new(), Stop::new());
        let clients = async {
            let outcome = clients(address).await;
            done.cancel();
            outcome
        };
        let both = async { tokio::join!(serve(listener, router(), limits, &stop, done.cancelled()), clients).1 };
        tokio::time::timeout(DEADLINE, both).await.expect("the server ends, whoever is connected")
    }

    async fn open(address: std::net::SocketAddr, sent: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(sent).await.expect("written");
        stream
    }

    async fn ask(address: std::net::SocketAddr) -> String {
        let mut answer = String::new();
        let mut stream = open(address, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    }

    #[tokio::test]
    async fn nobody_who_is_connected_keeps_the_server_from_its_end() {
        let beginnings: [&[u8]; 6] = [
            b"",
            b"G",
            b"GET /",
            b"GET / HTTP/1.1\r\nhost: x\r\n",
            b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nhalf",
            b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n",
        ];
        let limits = Limits { grace: Duration::from_millis(50), ..Limits::default() };
        let held = against(limits, async |address| {
            let mut held = Vec::new();
            for sent in beginnings {
                held.push(open(address, sent).await);
            }
            assert!(ask(address).await.ends_with("hello"));
            held
        });
        assert_eq!(held.await.len(), beginnings.len());
    }

    #[tokio::test]
    async fn a_thousand_half_open_connections_leave_room_for_a_request() {
        let limits = Limits { connections_max: 8, grace: Duration::ZERO, ..Limits::default() };
        let answers = against(limits, async |address| {
            let mut held = Vec::new();
            for _ in 0..300 {
                held.push(open(address, b"GET / HTTP/1.1\r\n").await);
            }
            let answer = ask(address).await;
            // The oldest were closed, so that the process keeps its descriptors.
            let mut nothing = Vec::new();
            drop(held[0].read_to_end(&mut nothing).await);
            assert!(nothing.is_empty());
            answer
        });
        assert!(answers.await.ends_with("hello"));
    }

    #[tokio::test]
    async fn a_slow_head_and_a_slow_reader_are_closed() {
        let short = Duration::from_millis(1);
        for (sent, limits) in [
            (&b"GET / HTTP/1.1\r\n"[..], Limits { head_within: short, ..Limits::default() }),
            (b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n", Limits { connection_within: short, ..Limits::default() }),
        ] {
            against(limits, async |address| {
                let mut stream = open(address, sent).await;
                let mut received = Vec::new();
                drop(stream.read_to_end(&mut received).await);
                assert!(received.len() < LARGE, "the whole response came");
            })
            .await;
        }
    }

    #[tokio::test]
    async fn a_head_without_end_is_refused() {
        against(Limits::default(), async |address| {
            let mut stream = open(address, b"GET / HTTP/1.1\r\nhost: x\r\n").await;
            let line = [b"x-", "y".repeat(1000).as_bytes(), b": z\r\n"].concat();
            let mut sent = 0;
            while sent < 64 * HEAD_BYTES_MAX && stream.write_all(&line).await.is_ok() {
                sent += line.len();
            }
            let mut answer = Vec::new();
            drop(stream.read_to_end(&mut answer).await);
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
        })
        .await;
    }
}
