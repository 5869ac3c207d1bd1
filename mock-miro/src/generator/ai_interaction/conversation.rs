//! Conversations with Miro's AI: each model or tool call repeats the transcript so far, so events grow.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::audit::free_text;
use super::super::company::{Board, Company, Person};
use super::super::{names, once_in, one_of, quoted, uuid};

/// What happens next in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Input,
    ModelRequest,
    ToolRequest,
    ToolResponse,
    ModelResponse,
    Output,
}

/// A person talking with the AI about a board.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) person: &'a Person,
    pub(super) board: &'a Board,
    pub(super) surface: &'static str,
    pub(super) model: usize,
    pub(super) session: String,
    /// The conversation that it continues.
    pub(super) parent: Option<String>,
    pub(super) turn: String,
    pub(super) call: String,
    next: Step,
    uses_tool: bool,
    turns_left: u32,
    is_long: bool,
    /// `{"type":…},{"type":…}`: the transcript so far.
    pub(super) transcript: String,
}

/// Models as an event names them; the last is the customer's own.
pub(super) const MODELS: [&str; 3] = [
    r#"{"name":"large-1","provider":"example-ai","platform":"miro","byoai":false}"#,
    r#"{"name":"small-2","provider":"example-ai","platform":"miro","byoai":false}"#,
    r#"{"name":"own-model","provider":"other-ai","platform":"customer-cloud","byoai":true}"#,
];

/// The open conversations.
#[derive(Debug, Default)]
pub(crate) struct Conversations<'a> {
    open: Vec<Conversation<'a>>,
}

/// The most open conversations.
const OPEN_MAX: usize = 24;
/// The most turns of most conversations, and how many a long one has.
const TURNS_USUAL: u32 = 5;
const TURNS_LONG: u32 = 30;
/// One in this many is long.
const LONG_ONCE_IN: u32 = 40;
/// The length at which a conversation ends, whatever turns are left, which bounds its events.
const TRANSCRIPT_MAX: usize = 256 * 1024;

impl<'a> Conversations<'a> {
    /// Advances an open conversation by a step, or starts one with this person, and passes its new state to `write`, with the step and
    /// the entry that it added to the transcript, if any.
    pub(super) fn advance<T>(
        &mut self,
        company: &'a Company,
        person: &'a Person,
        random: &mut ChaCha8Rng,
        write: impl FnOnce(&Conversation<'a>, Step, &str, &mut ChaCha8Rng) -> T,
    ) -> T {
        let begins = self.open.is_empty() || (self.open.len() < OPEN_MAX && once_in(12, random));
        if begins {
            self.open.push(Conversation::new(company, person, random));
        }
        let place = if begins { self.open.len() - 1 } else { random.random_range(0..self.open.len()) };
        let (step, said) = self.open[place].step(random);
        let written = write(&self.open[place], step, &said, random);
        if self.open[place].is_over() {
            self.open.swap_remove(place);
        }
        written
    }
}

impl<'a> Conversation<'a> {
    fn new(company: &'a Company, person: &'a Person, random: &mut ChaCha8Rng) -> Self {
        let is_long = once_in(LONG_ONCE_IN, random);
        Self {
            person,
            board: company.draw_board(random),
            surface: one_of(&["sidekick", "canvas", "ai_flow", "mcp"], random),
            model: random.random_range(0..MODELS.len()),
            session: uuid(random),
            parent: once_in(6, random).then(|| uuid(random)),
            turn: String::new(),
            call: String::new(),
            next: Step::Input,
            uses_tool: false,
            turns_left: if is_long { TURNS_LONG } else { random.random_range(1..=TURNS_USUAL) },
            is_long,
            transcript: String::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.next == Step::Input && (self.turns_left == 0 || self.transcript.len() > TRANSCRIPT_MAX)
    }

    /// Performs the next step; returns it and the entry that it added to the transcript.
    fn step(&mut self, random: &mut ChaCha8Rng) -> (Step, String) {
        let step = self.next;
        let said = match step {
            Step::Input => {
                self.turn = uuid(random);
                self.turns_left -= 1;
                self.uses_tool = self.is_long || random.random_bool(0.4);
                entry("text", "user", &free_text(random))
            }
            Step::ModelRequest => {
                self.call = uuid(random);
                String::new()
            }
            Step::ToolRequest => String::new(),
            Step::ToolResponse => entry("tool_result", "tool", &self.found(random)),
            Step::ModelResponse => entry("text", "assistant", &free_text(random)),
            Step::Output => String::new(),
        };
        if !said.is_empty() {
            if !self.transcript.is_empty() {
                self.transcript.push(',');
            }
            self.transcript.push_str(&said);
        }
        self.next = match step {
            Step::Input => Step::ModelRequest,
            Step::ModelRequest if self.uses_tool => Step::ToolRequest,
            Step::ModelRequest => Step::ModelResponse,
            Step::ToolRequest => Step::ToolResponse,
            Step::ToolResponse => {
                self.uses_tool = false;
                Step::ModelRequest
            }
            Step::ModelResponse => Step::Output,
            Step::Output => Step::Input,
        };
        (step, said)
    }

    /// The result of a tool: a few or very many texts of a board.
    fn found(&self, random: &mut ChaCha8Rng) -> String {
        let pieces = if self.is_long { random.random_range(150..400) } else { random.random_range(1..8) };
        let texts: Vec<&str> = (0..pieces).map(|_| one_of(&names::NOTES, random)).collect();
        quoted(&texts.join("\n"))
    }
}

fn entry(kind: &str, role: &str, quoted_text: &str) -> String {
    format!(r#"{{"type":"{kind}","role":"{role}","text":{quoted_text}}}"#)
}
