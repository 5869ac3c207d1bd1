//! Responses that break below HTTP: cuts, silence, garbage, bodies without end.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::classes::Call;

/// What happens instead of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    /// The beginning of a right response, then the end of the connection.
    Cut,
    /// A byte now and then, never the last one.
    Slow,
    /// Nothing.
    Silent,
    /// Something else than HTTP.
    Garbage,
    /// A length of ten gigabytes, and bytes as fast as they are taken.
    Huge,
    /// Chunks as fast as they are taken.
    Endless,
    /// The connection is reset.
    Reset,
}

/// A connection that can end otherwise than by its close.
pub(super) trait Connection: AsyncRead + AsyncWrite + Unpin {
    /// When it is dropped, the other side sees a reset.
    fn reset(&self);
}

impl Connection for TcpStream {
    fn reset(&self) {
        self.set_zero_linger().expect("a socket of ours");
    }
}

impl Connection for TlsStream<TcpStream> {
    fn reset(&self) {
        self.get_ref().0.reset();
    }
}

/// No breakage holds a connection longer.
const HOLD_MAX: Duration = Duration::from_mins(2);
/// The pause between two bytes that trickle.
const TRICKLE: Duration = Duration::from_millis(100);
/// More than any bound of the program; then the connection falls silent.
const FLOOD_BYTES: usize = 160 << 20;
/// The seed of what is no HTTP.
const SEED: u64 = 9;

/// Plays `raw` as the response to `call`, then lets go of the connection. Ends early when the caller has gone.
pub(super) async fn play<S: Connection>(raw: Raw, call: Call, stream: &mut S) {
    if raw == Raw::Reset {
        stream.reset();
        return;
    }
    let playing = async {
        match raw {
            Raw::Reset => Ok(()),
            Raw::Cut => stream.write_all(beginning(call).as_bytes()).await,
            Raw::Slow => trickle(call, stream).await,
            Raw::Silent => wait_for_the_end(stream).await,
            Raw::Garbage => stream.write_all(&garbage()).await,
            Raw::Huge => flood(stream, &head("content-length: 10737418240"), &vec![b' '; 1 << 16]).await,
            Raw::Endless => flood(stream, &head("transfer-encoding: chunked"), &chunk()).await,
        }
    };
    // That the caller leaves, or that the time is over, is how these end.
    drop(tokio::time::timeout(HOLD_MAX, playing).await);
    drop(stream.shutdown().await);
}

fn head(length: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n{length}\r\n\r\n")
}

/// The first half of what would be right.
fn beginning(call: Call) -> String {
    match call {
        Call::Audit | Call::Content => {
            head("content-length: 4000") + r#"{"type":"cursor-list","limit":100,"size":10,"data":[{"id":"2026-"#
        }
        Call::Token => head("content-length: 1200") + r#"{"token_type":"Bearer","expires_in":3599,"access_to"#,
        Call::Ingestion => "HTTP/1.1 204 No Con".to_owned(),
    }
}

async fn trickle<S: AsyncWrite + Unpin>(call: Call, stream: &mut S) -> std::io::Result<()> {
    // An upload's response has no body: there the head trickles.
    let (begun, byte) = match call {
        Call::Ingestion => ("HTTP/1.1 204 No Content\r\nx-ms-request-id: ".to_owned(), b"a"),
        Call::Audit | Call::Content | Call::Token => (head("content-length: 100000") + "{", b" "),
    };
    stream.write_all(begun.as_bytes()).await?;
    loop {
        stream.write_all(byte).await?;
        stream.flush().await?;
        tokio::time::sleep(TRICKLE).await;
    }
}

async fn wait_for_the_end<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<()> {
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

async fn flood<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, head: &str, piece: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..FLOOD_BYTES / piece.len() {
        stream.write_all(piece).await?;
    }
    stream.flush().await?;
    wait_for_the_end(stream).await
}

fn chunk() -> Vec<u8> {
    let spaces = vec![b' '; 1 << 16];
    [format!("{:x}\r\n", spaces.len()).as_bytes(), spaces.as_slice(), b"\r\n".as_slice()].concat()
}

fn garbage() -> Vec<u8> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    (0..700).map(|_| random.random()).collect()
}
