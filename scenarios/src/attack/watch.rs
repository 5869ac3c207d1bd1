//! The health and the memory of the mocks while they are attacked, and the health of a server that nobody attacks.
//!
//! How long a response takes says as much of the machine as of the mock. So a trivial server in this very process is asked in the
//! same way at the same time, and what counts is how many responses each gives beside it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;

/// The pause between two looks.
const EVERY: Duration = Duration::from_millis(50);
/// A health response that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// Threads of their own, so that the attackers' runtime does not slow them.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    health: Vec<(&'static str, JoinHandle<Health>)>,
    control: JoinHandle<Health>,
    memory: JoinHandle<Memory>,
}

/// What was seen.
#[derive(Debug)]
pub(super) struct Seen {
    /// By mock.
    pub(super) health: Vec<(&'static str, Health)>,
    /// Of the trivial server.
    pub(super) control: Health,
    pub(super) memory: Memory,
}

/// How long health took to answer.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) took: Vec<Duration>,
    /// Questions without a right answer, and why the first had none.
    pub(super) failed: u64,
    pub(super) why: Option<String>,
}

/// Resident memory in KiB.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub(super) at_start: u64,
    pub(super) peak: u64,
    pub(super) at_end: u64,
}

impl Watch {
    /// Watches a process, and the health of its mocks at these addresses.
    pub(super) fn start(process: u32, mocks: Vec<(&'static str, SocketAddr)>) -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let at_start = resident(process).context("the memory of the mocks cannot be read: this needs /proc")?;
        let watch = |address: SocketAddr| {
            let over = Arc::clone(&over);
            std::thread::spawn(move || watch_health(address, &over))
        };
        let control = watch(trivial_server()?);
        let health = mocks.into_iter().map(|(name, address)| (name, watch(address))).collect();
        let memory_over = Arc::clone(&over);
        let memory = std::thread::spawn(move || watch_memory(process, at_start, &memory_over));
        Ok(Self { over, health, control, memory })
    }

    /// Ends the watch; what was asked is still awaited.
    pub(super) fn stop(self) -> anyhow::Result<Seen> {
        self.over.store(true, Ordering::Relaxed);
        let joined = |thread: JoinHandle<Health>| thread.join().map_err(|_| anyhow::anyhow!("a watch failed"));
        let health = self.health.into_iter().map(|(name, thread)| Ok((name, joined(thread)?)));
        Ok(Seen {
            health: health.collect::<anyhow::Result<_>>()?,
            control: joined(self.control)?,
            memory: self.memory.join().map_err(|_| anyhow::anyhow!("a watch failed"))?,
        })
    }
}

/// A server that says that it is well, on one connection, for as long as somebody asks.
fn trivial_server() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else { return };
        let mut piece = [0; 2_048];
        while stream.read(&mut piece).is_ok_and(|read| read > 0) {
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").is_err() {
                return;
            }
        }
    });
    Ok(address)
}

fn watch_health(address: SocketAddr, over: &AtomicBool) -> Health {
    let mut health = Health::default();
    // One connection, held for as long as the mock holds it: a place in the crowd.
    let mut connection = None;
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        match ask(&mut connection, address) {
            Ok(()) => health.took.push(begun.elapsed()),
            Err(error) => {
                connection = None;
                health.failed += 1;
                health.why.get_or_insert_with(|| error.to_string());
            }
        }
        std::thread::sleep(EVERY);
    }
    health
}

fn ask(connection: &mut Option<TcpStream>, address: SocketAddr) -> io::Result<()> {
    let stream = match connection {
        Some(stream) => stream,
        None => connection.insert(TcpStream::connect(address)?),
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(b"GET /_control/health HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    let mut piece = [0; 2_048];
    // The answer is one object in one line.
    while !answer.ends_with(b"}") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.extend_from_slice(&piece[..read]);
    }
    if answer.starts_with(b"HTTP/1.1 200 OK") { Ok(()) } else { Err(io::Error::other("health is not 200")) }
}

fn watch_memory(process: u32, at_start: u64, over: &AtomicBool) -> Memory {
    let mut memory = Memory { at_start, peak: at_start, at_end: at_start };
    while !over.load(Ordering::Relaxed) {
        if let Some(now) = resident(process) {
            memory.peak = memory.peak.max(now);
            memory.at_end = now;
        }
        std::thread::sleep(EVERY);
    }
    memory.peak = memory.peak.max(status(process, "VmHWM:").unwrap_or(0));
    memory
}

fn resident(process: u32) -> Option<u64> {
    status(process, "VmRSS:")
}

fn status(process: u32, line: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    text.lines().find_map(|found| found.strip_prefix(line))?.split_whitespace().next()?.parse().ok()
}
