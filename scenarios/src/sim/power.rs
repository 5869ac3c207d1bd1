//! The power of the simulated machine: one switch that the disk, the network and the crash wrapper share.
//!
//! A crash is the power going. Cutting it at a chosen change of the disk, or between an upload's answer and its
//! commit, puts crashes where they hurt instead of hoping that chance does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The switch; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Power(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    off: bool,
    goes: Option<Goes>,
}

/// What the power will not outlast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goes {
    AfterChanges(u64),
    AtUpload,
}

impl Power {
    /// Cuts the power now.
    pub fn cut(&self) {
        self.lock().off = true;
    }

    /// Lets `changes` more changes of the disk succeed and cuts the power in the next.
    pub fn cut_after_changes(&self, changes: u64) {
        self.lock().goes = Some(Goes::AfterChanges(changes));
    }

    /// Cuts the power when the destination has answered the next upload, before the program hears of it.
    pub fn cut_at_upload(&self) {
        self.lock().goes = Some(Goes::AtUpload);
    }

    /// The power is back, and nothing is planned.
    pub fn restore(&self) {
        *self.lock() = State::default();
    }

    /// True while the power is off.
    pub fn is_off(&self) -> bool {
        self.lock().off
    }

    /// The disk is about to change; true when the power lasts.
    pub(super) fn lasts_through_change(&self) -> bool {
        let mut state = self.lock();
        match &mut state.goes {
            Some(Goes::AfterChanges(0)) => state.off = true,
            Some(Goes::AfterChanges(left)) => *left -= 1,
            Some(Goes::AtUpload) | None => {}
        }
        !state.off
    }

    /// An upload was answered; true when the power lasts.
    pub(super) fn lasts_through_upload(&self) -> bool {
        let mut state = self.lock();
        if state.goes == Some(Goes::AtUpload) {
            state.off = true;
        }
        !state.off
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A switch has no half-way position that a panic could leave behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
