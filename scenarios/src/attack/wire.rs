//! What can be done to any server that speaks HTTP, whatever it serves.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Connections opened at once by the attack that is about their number.
const CROWD: usize = 600;
/// Responses are read up to this many bytes.
const RESPONSE_MAX: u64 = 1024 * 1024;

/// A request with a head of its own; `more` are further header lines.
pub(super) fn request(method: &str, path: &str, token: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n{more}\r\n");
    [head.as_bytes(), body].concat()
}

/// A POST of a body of that media type.
pub(super) fn post(path: &str, token: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, token, &format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()), body)
}

/// Sends and reads what comes back, up to a bound. Then the connection is dropped.
pub(super) async fn exchange(address: SocketAddr, bytes: &[u8]) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    let (reader, mut writer) = connection.split();
    let mut bounded = reader.take(RESPONSE_MAX);
    let sent = writer.write_all(bytes);
    // Most responses are one piece; what follows is not waited for.
    let read = async {
        let mut piece = [0; 8_192];
        bounded.read(&mut piece).await
    };
    tokio::try_join!(sent, read).map(|_| ())
}

/// Random bytes, at least one.
pub(super) fn noise(random: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.random_range(1..=most)];
    random.fill(&mut bytes[..]);
    bytes
}

/// The beginning of a TLS record, and anything after it.
pub(super) fn handshake(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    bytes.extend(noise(random, 600));
    bytes
}

/// A head at once, and the million bytes that it promises little by little.
pub(super) async fn slow_body(address: SocketAddr, head: &[u8], random: &mut ChaCha8Rng) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(head).await?;
    for piece in vec![b' '; SLOW_BODY].chunks(random.random_range(1..5_000)).take(30) {
        connection.write_all(piece).await?;
        tokio::time::sleep(Duration::from_millis(random.random_range(1..300))).await;
    }
    Ok(())
}

/// How many bytes the head of a slow body has to promise.
pub(super) const SLOW_BODY: usize = 1_000_000;

/// A head line by line, without an end.
pub(super) async fn slow_head(address: SocketAddr, random: &mut ChaCha8Rng) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(b"GET /_control/health HTTP/1.1\r\n").await?;
    for line in 0..random.random_range(1..30) {
        connection.write_all(format!("x-{line}: y\r\n").as_bytes()).await?;
        tokio::time::sleep(Duration::from_millis(random.random_range(1..300))).await;
    }
    Ok(())
}

/// A head with a long line, or very many.
pub(super) fn huge_head(random: &mut ChaCha8Rng) -> Vec<u8> {
    let size = random.random_range(1..300_000);
    match random.random_range(0..4) {
        0 => format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(size)),
        1 => format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "y/".repeat(size)),
        2 => format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(size / 8)),
        _ => format!("GET /_control/journal?last={} HTTP/1.1\r\nhost: x\r\n\r\n", "9".repeat(size / 8)),
    }
    .into_bytes()
}

/// Up to two hundred of these requests in one piece.
pub(super) fn pipelined(requests: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    (0..random.random_range(2..200)).filter_map(|_| requests.choose(random).cloned()).flatten().collect()
}

/// A request that ends anywhere, then a farewell or none.
pub(super) async fn cut_short(address: SocketAddr, whole: &[u8], random: &mut ChaCha8Rng) -> io::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(&whole[..random.random_range(1..whole.len())]).await?;
    match random.random_range(0..3) {
        0 => connection.shutdown().await,
        // What was sent is unread on the other side: the connection is reset.
        1 => connection.set_zero_linger(),
        _ => Ok(()),
    }
}

/// A body in chunks that are none, lie, or do not end.
pub(super) fn broken_chunks(random: &mut ChaCha8Rng) -> String {
    let bodies = [
        "fffffffffffffff\r\n",
        "-1\r\n\r\n",
        "5\r\n[1]\r\n0\r\n\r\n",
        "zz\r\n",
        "2;ext=\"x\"\r\n[]\r\n0\r\ntrailer: x\r\n\r\n",
    ];
    match random.random_range(0..=bodies.len()) {
        place if place < bodies.len() => bodies[place].to_owned(),
        _ => format!("{:x}\r\n{}\r\n", 60_000, " ".repeat(60_000)).repeat(30),
    }
}

/// The same bytes, some of them others.
pub(super) fn flipped(mut bytes: Vec<u8>, random: &mut ChaCha8Rng) -> Vec<u8> {
    for _ in 0..random.random_range(1..8) {
        let place = random.random_range(0..bytes.len());
        bytes[place] = random.random();
    }
    bytes
}

/// Very many connections that begin a request each; one crowd at a time.
pub(super) async fn crowd(address: SocketAddr, alone: &Semaphore) -> io::Result<()> {
    let Ok(_alone) = alone.try_acquire() else { return Ok(()) };
    let mut open = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        open.push(TcpStream::connect(address).await?);
    }
    for connection in &mut open {
        // Those too many are closed already.
        drop(connection.write_all(b"POST / HTTP/1.1\r\ncontent-le").await);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}
