//! A program in a process group of its own: started, signaled and told apart by its end in one place, for what is certified as for what
//! is recorded or replayed.

use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// The processes of a program, itself among them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group(Pid);

/// A command without input and without those variables of ours that `is_kept_away` names. Its group is its own, so that a terminal's
/// interrupt reaches us alone; dropped, it is killed.
pub(crate) fn command(program: impl AsRef<OsStr>, is_kept_away: impl Fn(&str) -> bool) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true).process_group(0);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(&is_kept_away)) {
        command.env_remove(name);
    }
    command
}

/// Starts a command that [`command`] made.
pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Group)> {
    let child = command.spawn()?;
    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let group = pid.ok_or_else(|| io::Error::other("it ended before it had a process id"))?;
    Ok((child, Group(group)))
}

impl Group {
    /// Sends a signal to all of them; none may be left.
    pub(crate) fn signal(self, signal: Signal) {
        if let Err(error) = kill_process_group(self.0, signal) {
            tracing::debug!(%error, "The process group is gone already.");
        }
    }

    /// The process id of the program.
    pub(crate) fn id(self) -> i32 {
        self.0.as_raw_nonzero().get()
    }
}

/// Whether a variable of this name tells programs of a proxy.
pub(crate) fn is_proxy(name: &str) -> bool {
    let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];
    proxies.iter().any(|proxy| name.eq_ignore_ascii_case(proxy))
}

/// An exit code; of a process that a signal ended, minus its number.
pub(crate) fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;

    status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or_default()
}

/// How a process with that code ended, in words: `ended with 3`, or `was killed by signal 11 (SEGV)`.
pub(crate) fn end_text(code: i32) -> String {
    let Some(number) = code.checked_neg().filter(|number| number.is_positive()) else {
        return format!("ended with {code}");
    };
    let name = NAMES.iter().find(|(signal, _)| signal.as_raw() == number);
    name.map_or_else(
        || format!("was killed by signal {number}"),
        |(_, name)| format!("was killed by signal {number} ({name})"),
    )
}

/// Signals that end programs.
const NAMES: [(Signal, &str); 13] = [
    (Signal::HUP, "HUP"),
    (Signal::INT, "INT"),
    (Signal::QUIT, "QUIT"),
    (Signal::ILL, "ILL"),
    (Signal::TRAP, "TRAP"),
    (Signal::ABORT, "ABRT"),
    (Signal::BUS, "BUS"),
    (Signal::FPE, "FPE"),
    (Signal::KILL, "KILL"),
    (Signal::SEGV, "SEGV"),
    (Signal::PIPE, "PIPE"),
    (Signal::ALARM, "ALRM"),
    (Signal::TERM, "TERM"),
];

/// The same as a shell tells it: 128 and the number of the signal.
pub(crate) fn shell_code_of(status: ExitStatus) -> u8 {
    let code = code_of(status);
    u8::try_from(if code < 0 { 128 - code } else { code }).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    #[test]
    fn an_end_is_told_in_both_forms() {
        // As wait(2) has them: the code in the second byte, the signal in the first.
        for (raw, code, shell) in [(0, 0, 0), (4 << 8, 4, 4), (15, -15, 143), (9, -9, 137)] {
            let status = ExitStatus::from_raw(raw);
            assert_eq!((code_of(status), shell_code_of(status)), (code, shell));
        }
    }

    #[test]
    fn a_signal_is_told_by_its_name() {
        for (code, told) in [
            (0, "ended with 0"),
            (3, "ended with 3"),
            (-11, "was killed by signal 11 (SEGV)"),
            (-9, "was killed by signal 9 (KILL)"),
            (-60, "was killed by signal 60"),
        ] {
            assert_eq!(end_text(code), told);
        }
    }

    #[tokio::test]
    async fn a_program_is_the_leader_of_its_own_group_and_lacks_what_is_kept_away() {
        let mut command = command("sh", |name| name == "PATH");
        command.args(["-c", "test -z \"$(/usr/bin/env | /bin/grep ^PATH=)\" && exit 7; exit 1"]);
        let (mut child, group) = start(&mut command).expect("it starts");
        assert_eq!(child.id().map(u32::cast_signed), Some(group.id()));
        assert_eq!(shell_code_of(child.wait().await.expect("it ends")), 7);
        group.signal(Signal::TERM);
    }
}
