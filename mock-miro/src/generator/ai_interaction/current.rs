//! The shape that a third party's reader calls current.

use std::io::Write;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::calendar::Activity;
use super::super::company::Company;
use super::super::{member, open_with_id, uuid};
use super::conversation::{Conversation, Conversations, MODELS, Step};
use crate::event_log::Facts;
use crate::instant::WholeSeconds;

/// Writes the next event of a conversation.
pub(super) fn write<'a>(
    out: &mut Vec<u8>,
    company: &'a Company,
    activity: Activity<'a>,
    conversations: &mut Conversations<'a>,
    random: &mut ChaCha8Rng,
) -> Facts {
    let time = activity.time - activity.time.rem_euclid(1_000);
    let id = open_with_id(out, &uuid(random));
    let created = time - random.random_range(0..120) * 1_000;
    conversations.advance(company, activity.person, random, |conversation, step, said, random| {
        let parent = conversation.parent.as_ref().map(|parent| format!(r#","parentSessionId":"{parent}""#));
        let written = write!(
            out,
            r#","createdAt":"{}","storedAt":"{}","session":{{"id":"{}"{}}},"turnId":"{}","object":{},"surface":"{}","actor":{},"eventType":"{}""#,
            WholeSeconds(created),
            WholeSeconds(time),
            conversation.session,
            parent.unwrap_or_default(),
            conversation.turn,
            conversation.board.object,
            conversation.surface,
            conversation.person.actor,
            step.event_type(),
        );
        written.expect("writing into memory does not fail");
        if step.is_of_model() {
            member(out, "model", MODELS[conversation.model]);
        }
        if step.is_of_tool() {
            member(out, "tool", r#"{"name":"search_board","type":"function"}"#);
        }
        member(out, "details", &details(conversation, step, said, random));
        out.push(b'}');
    });
    Facts { time, id }
}

/// Calls of the model and of tools carry the whole conversation so far; what people write and read carries itself.
fn details(conversation: &Conversation<'_>, step: Step, said: &str, random: &mut ChaCha8Rng) -> String {
    let (call, all) = (&conversation.call, &conversation.transcript);
    match step {
        Step::Input => format!(r#"{{"content":[{said}]}}"#),
        Step::ModelRequest => format!(r#"{{"content":[{all}],"modelCallId":"{call}"}}"#),
        Step::ModelResponse => format!(r#"{{"content":[{all}],"modelCallId":"{call}","status":"success"}}"#),
        Step::ToolRequest => {
            let found_max = random.random_range(1..50);
            format!(
                r#"{{"content":[{all}],"arguments":{{"query":"open questions","limit":{found_max}}},"modelCallId":"{call}","toolCallId":"tool-{call}"}}"#
            )
        }
        Step::ToolResponse => format!(
            r#"{{"content":[{all}],"result":[{said}],"status":"success","modelCallId":"{call}","toolCallId":"tool-{call}"}}"#
        ),
        Step::Output => format!(r#"{{"content":[{}],"status":"success"}}"#, last_of(all)),
    }
}

/// The last entry of a transcript.
fn last_of(transcript: &str) -> &str {
    transcript.rfind(r#"{"type":"#).map_or("", |start| &transcript[start..])
}

impl Step {
    fn event_type(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::ModelRequest => "model_invocation_request",
            Self::ToolRequest => "tool_invocation_request",
            Self::ToolResponse => "tool_invocation_response",
            Self::ModelResponse => "model_invocation_response",
            Self::Output => "output",
        }
    }

    fn is_of_model(self) -> bool {
        matches!(self, Self::ModelRequest | Self::ModelResponse)
    }

    fn is_of_tool(self) -> bool {
        matches!(self, Self::ToolRequest | Self::ToolResponse)
    }
}
