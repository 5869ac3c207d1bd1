//! Processes that a subject started and that outlived it, told by a variable of their environment; on Linux.

use rustix::process::{Pid, Signal, kill_process};

/// Kills every process whose environment has this variable with this value; says how many there were.
///
/// A program can leave its process group. What it starts keeps its environment, unless it means to hide.
pub(crate) fn kill_all(name: &str, value: &str) -> usize {
    let Ok(processes) = std::fs::read_dir("/proc") else { return 0 };
    let wanted = format!("{name}={value}");
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let has_it = |pid: &i32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()) && !is_zombie(*pid)
    };
    let found = pids.filter(has_it).filter_map(Pid::from_raw);
    found.filter(|pid| kill_process(*pid, Signal::KILL).is_ok()).count()
}

/// Whether it has ended, and only its parent has not asked yet how.
fn is_zombie(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with('Z'))
}
