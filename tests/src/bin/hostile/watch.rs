//! The health and the memory of the mock while it is attacked.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;

/// The pause between two looks.
const EVERY: Duration = Duration::from_millis(50);
/// A health answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// Two threads of their own, so that the attackers' runtime does not slow them.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    health: JoinHandle<Health>,
    memory: JoinHandle<Memory>,
}

/// What was seen.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) health: Health,
    pub(crate) memory: Memory,
}

/// How long health took to answer.
#[derive(Debug, Default)]
pub(crate) struct Health {
    pub(crate) took: Vec<Duration>,
    /// Questions without a right answer, and why the first had none.
    pub(crate) failed: u64,
    pub(crate) why: Option<String>,
}

/// Resident memory in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) at_start: u64,
    pub(crate) peak: u64,
    pub(crate) at_end: u64,
}

impl Watch {
    pub(crate) fn start(process: u32, address: String) -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let at_start = resident(process).context("the memory of the mock cannot be read: this needs /proc")?;
        let (health_over, memory_over) = (Arc::clone(&over), Arc::clone(&over));
        Ok(Self {
            over,
            health: std::thread::spawn(move || watch_health(&address, &health_over)),
            memory: std::thread::spawn(move || watch_memory(process, at_start, &memory_over)),
        })
    }

    pub(crate) fn stop(self) -> Seen {
        self.over.store(true, Ordering::Relaxed);
        Seen {
            health: self.health.join().expect("the watch does not panic"),
            memory: self.memory.join().expect("the watch does not panic"),
        }
    }
}

fn watch_health(address: &str, over: &AtomicBool) -> Health {
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

fn ask(connection: &mut Option<TcpStream>, address: &str) -> io::Result<()> {
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
