//! What a query takes: `cargo run -p kql --example kql-bounds -- MEBIBYTES 'QUERY' …`
//!
//! Runs each query within that much memory, and prints for each how it ended, how long it took, the most that the engine
//! counted, and what the process had resident: at most, and after the answer was dropped. The resident figures are those of
//! Linux; elsewhere they are absent.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use kql::{DateTime, EmptyCatalog, Meter, Settings};

/// That of the programs that run queries: it gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

#[expect(clippy::print_stdout, reason = "a program that reports on its standard output")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(mebibytes) = arguments.next().and_then(|text| text.parse::<usize>().ok()) else {
        println!("give the bound in MiB, then queries");
        return ExitCode::from(2);
    };
    for query in arguments {
        let meter = Meter::default();
        let memory_max = mebibytes * MIB;
        let settings = Settings::at(DateTime::MIN).with_memory_max(memory_max).with_meter(meter.clone());
        let started = Instant::now();
        let answer = kql::run(&query, &EmptyCatalog, &settings);
        let took = started.elapsed().as_secs_f64();
        let outcome = match &answer {
            Ok(answer) => {
                let partial = answer.partial.as_ref().map(|why| format!(" (partial: {})", why.message));
                format!("{} rows{}", answer.rows(), partial.unwrap_or_default())
            }
            Err(error) => error.to_string(),
        };
        drop(answer);
        // The allocator gives pages back a moment after they are free, when it is called again.
        std::thread::sleep(Duration::from_secs(1));
        drop(std::hint::black_box(vec![0_u8; MIB]));
        let counted = meter.peak_bytes() / MIB;
        println!("{query}\n  {outcome}\n  {took:.2} s, counted at most {counted} MiB{}", resident());
    }
    ExitCode::SUCCESS
}

/// The most that was resident, and what is now.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mebibytes = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key))?;
        let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kibibytes * KIB / MIB)
    };
    match (mebibytes("VmHWM:"), mebibytes("VmRSS:")) {
        (Some(most), Some(now)) => format!(", resident at most {most} MiB, {now} MiB afterwards"),
        _ => String::new(),
    }
}
