//! The state of one query: its clock, its bounds, its caches.

use crate::{
    error::{Error, Limit},
    functions::{Context, RegexCache},
    settings::Settings,
    syntax::Span,
    time::{DateTime, TimeRange},
};

/// No query gets more memory than this, whatever its settings say: the strings of a column are numbered in 32 bits.
const MEMORY_MAX: usize = u32::MAX as usize - 1;

/// A running query.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    settings: &'a Settings,
    now: DateTime,
    steps: u64,
    held: usize,
    pub(crate) regexes: RegexCache,
    pub(crate) random: u64,
}

impl<'a> Run<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings, now: settings.now, steps: 0, held: 0, regexes: RegexCache::default(), random: settings.seed }
    }

    pub(crate) fn time_range(&self) -> Option<&'a TimeRange> {
        self.settings.time_range.as_ref()
    }

    pub(crate) fn now(&self) -> DateTime {
        self.now
    }

    /// The next number of the query's own sequence, from 0 to below 1.
    pub(crate) fn next_random(&mut self) -> f64 {
        Context::new(&[], &mut self.regexes, &mut self.random).random()
    }

    /// Counts steps; fails beyond their bound or when the query was cancelled.
    pub(crate) fn spend(&mut self, steps: usize) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > self.settings.steps_max {
            let message = format!("the query takes more than {} steps; narrow it down", self.settings.steps_max);
            return Err(Error::limit(Limit::Steps, message, Span::default()));
        }
        if self.settings.cancel.as_ref().is_some_and(crate::settings::Cancel::is_cancelled) {
            return Err(Error::limit(Limit::Cancelled, "the query was cancelled", Span::default()));
        }
        Ok(())
    }

    /// Counts bytes that stay until they are released; fails beyond their bound. Called before the bytes are taken,
    /// wherever their number is known by then.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        self.held = self.held.saturating_add(bytes);
        self.fits(0)
    }

    /// The bytes counted now.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// Gives back bytes that were held.
    pub(crate) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }

    /// Whether this number of further bytes would fit.
    pub(crate) fn fits(&self, bytes: usize) -> Result<(), Error> {
        let memory_max = self.settings.memory_max.min(MEMORY_MAX);
        if self.held.saturating_add(bytes) > memory_max {
            let message = format!("the query needs more than {memory_max} bytes of memory; narrow it down");
            return Err(Error::limit(Limit::Memory, message, Span::default()));
        }
        if let Some(meter) = &self.settings.meter {
            meter.note(self.held + bytes);
        }
        Ok(())
    }
}
