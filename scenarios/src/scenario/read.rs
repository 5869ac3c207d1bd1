//! From a file to its cases: strict, and all that is wrong at once, each with its place.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check;
use super::finding::{Finding, Position, hint};
use super::node::{Key, Node, Tree};
use super::step::{Calls, Trigger};
use super::{Action, Scenario, Step, length};

/// Combinations of matrix values in one file.
pub const CASES_MAX: usize = 200;
/// Steps of one timeline.
pub const STEPS_MAX: usize = 2_000;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file, as it was named.
    pub file: String,
    /// The line on which the timeline begins, or the file.
    pub line: u64,
    /// A scenario for each combination of matrix values; one without a matrix.
    pub cases: Vec<Case>,
}

/// One combination of matrix values.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The values, such as `retry_after=http-date`; none without a matrix.
    pub label: Option<String>,
    /// The scenario with the values filled in.
    pub scenario: Scenario,
}

impl Case {
    /// The id, and the values if there are any.
    pub fn name(&self) -> String {
        let id = &self.scenario.id;
        self.label.as_ref().map_or_else(|| id.clone(), |label| format!("{id} ({label})"))
    }
}

/// Reads the text of a file. `world_of` gives the text of a file of `scenarios/worlds` by its name.
///
/// # Errors
///
/// All findings on the text, each with its position.
pub fn read(file: &str, text: &str, world_of: &dyn Fn(&str) -> Option<String>) -> Result<Document, Vec<Finding>> {
    let node = Node::parse(text, file).map_err(|finding| vec![finding])?;
    let mut reader = Reader { file, findings: Vec::new() };
    let document = reader.document(node, world_of);
    reader.findings.sort();
    reader.findings.dedup();
    if reader.findings.is_empty() { Ok(document) } else { Err(reader.findings) }
}

struct Reader<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

const REQUIRED: [(&str, &str); 3] = [("id", "X-0"), ("title", "-"), ("family", "drawn")];
const KEYS: [&str; 17] = [
    "id",
    "title",
    "family",
    "level",
    "profiles",
    "requires",
    "spec",
    "why",
    "use",
    "matrix",
    "seed",
    "world",
    "connector",
    "network",
    "lasts",
    "timeline",
    "expect",
];
/// The keys of a step that are no action.
const STEP_KEYS: [&str; 11] = ["name", "at", "when", "after", "by", "for", "times", "on", "stream", "share", "seed"];

impl Reader<'_> {
    fn document(&mut self, node: Node, world_of: &dyn Fn(&str) -> Option<String>) -> Document {
        let line = node.place_of("timeline").line.max(1);
        let mut document = Document { file: self.file.to_owned(), line, cases: Vec::new() };
        if !matches!(node.tree, Tree::Map(_)) {
            self.finding(node.at, "a scenario is a map of keys such as `id`, `title` and `timeline`", "");
            return document;
        }
        let node = self.with_worlds(node, world_of);
        for combination in self.combinations(&node) {
            let mut filled = node.clone();
            filled.fill(&|text| combination.fill(text));
            self.unfilled(&filled);
            if let Some(scenario) = self.scenario(filled) {
                document.cases.push(Case { label: combination.label(), scenario });
            }
        }
        document
    }

    /// The worlds that the file uses, overlaid by the file.
    fn with_worlds(&mut self, node: Node, world_of: &dyn Fn(&str) -> Option<String>) -> Node {
        let mut whole = Node { at: node.at, tree: Tree::Map(Vec::new()) };
        for used in node.get("use").map(Node::items).unwrap_or_default() {
            let Value::String(name) = used.value() else { continue };
            match world_of(&name) {
                None => self.finding(used.at, format!("world `{name}` does not exist"), "see `scenarios/worlds`"),
                Some(text) => match Node::parse(&text, &format!("scenarios/worlds/{name}.yaml")) {
                    Ok(world) => whole.overlay(world),
                    Err(finding) => self.findings.push(finding),
                },
            }
        }
        whole.overlay(node);
        whole
    }

    fn combinations(&mut self, node: &Node) -> Vec<Combination> {
        let mut all = vec![Combination::default()];
        for (name, values) in node.get("matrix").map(Node::entries).unwrap_or_default() {
            let items = values.items();
            if items.is_empty() {
                self.finding(values.at, format!("the matrix value `{}` is a list of at least one", name.name), "");
                return Vec::new();
            }
            if all.len() * items.len() > CASES_MAX {
                let count = all.len() * items.len();
                self.finding(
                    name.at,
                    format!("the matrix has {count} combinations or more, and {CASES_MAX} are allowed"),
                    "split the file, or take values out",
                );
                return Vec::new();
            }
            let with =
                |one: &Combination| items.iter().map(|item| one.with(&name.name, item.value())).collect::<Vec<_>>();
            all = all.iter().flat_map(with).collect();
        }
        all
    }

    /// Placeholders that no matrix value fills.
    fn unfilled(&mut self, node: &Node) {
        match &node.tree {
            Tree::Plain(Value::String(text)) => {
                if let Some(name) = placeholder(text) {
                    self.finding(node.at, format!("`${{{name}}}` is not a value of the matrix"), "add it to `matrix`");
                }
            }
            Tree::Plain(_) => {}
            Tree::List(nodes) => nodes.iter().for_each(|node| self.unfilled(node)),
            Tree::Map(pairs) => {
                pairs.iter().filter(|(key, _)| key.name != "matrix").for_each(|(_, node)| self.unfilled(node));
            }
        }
    }

    fn scenario(&mut self, mut node: Node) -> Option<Scenario> {
        let whole = node.clone();
        let steps = node.take("timeline");
        self.unknown_keys(&node, &KEYS);
        let mut scenario = self.head(node)?;
        let mut numbers = Vec::new();
        if let Some(steps) = &steps {
            (numbers, scenario.timeline) = self.timeline(steps).into_iter().unzip();
        }
        for mut problem in check::check(&scenario) {
            // Steps that could not be read are not in the scenario, and those behind them have other numbers there.
            if let [first, number, ..] = problem.path.as_mut_slice()
                && first == "timeline"
                && let Some(at) = number.parse::<usize>().ok().and_then(|number| numbers.get(number))
            {
                *number = usize::to_string(at);
            }
            if problem.message.starts_with("unknown ") {
                // The way may lead to the key itself, which stands in the map before.
                let (found, before) = (whole.along(&problem.path).0, problem.path.len().saturating_sub(1));
                let found = if found.entries().is_empty() { whole.along(&problem.path[..before]).0 } else { found };
                let (at, message, help) = explain(found, &problem.message);
                self.finding(at, message, help);
            } else {
                self.finding(place(&whole, &problem.path), problem.message, problem.help);
            }
        }
        Some(scenario)
    }

    fn unknown_keys(&mut self, node: &Node, known: &[&str]) {
        for (key, _) in node.entries().iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            self.finding(
                key.at,
                format!("`{}` is not a key of a scenario", key.name),
                hint(&key.name, known.iter().copied()),
            );
        }
    }

    /// Everything but the timeline. A key that is wrong is left out, so that the next one is looked at as well.
    fn head(&mut self, mut node: Node) -> Option<Scenario> {
        if let Tree::Map(pairs) = &mut node.tree {
            pairs.retain(|(key, _)| KEYS.contains(&key.name.as_str()));
        }
        for (key, stand_in) in REQUIRED {
            if node.get(key).is_none() {
                self.finding(node.at, format!("`{key}` is missing"), "every scenario has `id`, `title` and `family`");
                put(&mut node, key, stand_in);
            }
        }
        for _ in 0..KEYS.len() {
            let (path, finding) = match self.typed(&node) {
                Ok(scenario) => return Some(scenario),
                Err(wrong) => wrong,
            };
            self.findings.push(finding);
            let key = path.first()?.clone();
            node.take(&key)?;
            if let Some((key, stand_in)) = REQUIRED.iter().find(|(required, _)| *required == key) {
                put(&mut node, key, stand_in);
            }
        }
        None
    }

    /// The steps that can be read, each with its place in the list.
    fn timeline(&mut self, steps: &Node) -> Vec<(usize, Step)> {
        if !matches!(steps.tree, Tree::List(_)) {
            self.finding(steps.at, "`timeline` is a list of steps", "begin each with `- `");
            return Vec::new();
        }
        if steps.items().len() > STEPS_MAX {
            let count = steps.items().len();
            self.finding(steps.at, format!("the timeline has {count} steps, and {STEPS_MAX} are allowed"), "");
            return Vec::new();
        }
        let steps = steps.items().iter().enumerate();
        steps.filter_map(|(number, step)| Some((number, self.step(step)?))).collect()
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        if !matches!(node.tree, Tree::Map(_)) {
            self.finding(node.at, "a step is a map such as `{at: 20s, crash: {}}`", "");
            return None;
        }
        let before = self.findings.len();
        let action = self.action(node);
        let trigger = self.trigger(node);
        let lasts = node.get("for").map(|_| self.length_of(node, "for"));
        let times = self.optional(node, "times");
        let name = self.optional(node, "name");
        let calls = Calls {
            on: self.optional(node, "on"),
            stream: self.optional(node, "stream"),
            share: self.optional(node, "share"),
            seed: self.optional(node, "seed"),
        };
        if self.findings.len() > before {
            return None;
        }
        Some(Step { name, trigger: trigger?, lasts: lasts.flatten(), times, calls, action: action? })
    }

    fn action(&mut self, node: &Node) -> Option<Action> {
        let others: Vec<_> = node.entries().iter().filter(|(key, _)| !STEP_KEYS.contains(&key.name.as_str())).collect();
        let known = |key: &Key| Action::NAMES.contains(&key.name.as_str());
        for (key, _) in others.iter().filter(|(key, _)| !known(key)) {
            let all = Action::NAMES.iter().chain(&STEP_KEYS).copied();
            self.finding(key.at, format!("`{}` is not a key of a step", key.name), hint(&key.name, all));
        }
        let mut actions = others.iter().filter(|(key, _)| known(key));
        let Some((key, value)) = actions.next() else {
            if others.is_empty() {
                let all = Action::NAMES.join(", ");
                self.finding(node.at, "the step does nothing", format!("it needs one of: {all}"));
            }
            return None;
        };
        if let Some((second, _)) = actions.next() {
            let text = format!("the step does two things, `{}` and `{}`", key.name, second.name);
            self.finding(second.at, text, "write a step for each");
            return None;
        }
        let tagged = Node { at: node.at, tree: Tree::Map(vec![((*key).clone(), (*value).clone())]) };
        self.of(&tagged)
    }

    fn trigger(&mut self, node: &Node) -> Option<Trigger> {
        let given: Vec<&str> = ["at", "when", "after"].into_iter().filter(|key| node.get(key).is_some()).collect();
        match given.as_slice() {
            ["at"] => Some(Trigger::At(self.length_of(node, "at")?)),
            ["when"] => Some(Trigger::When(self.of(node.get("when")?)?)),
            ["after"] => {
                let by =
                    if node.get("by").is_some() { self.length_of(node, "by")? } else { jiff::SignedDuration::ZERO };
                Some(Trigger::After { step: self.of(node.get("after")?)?, by })
            }
            [] => {
                self.finding(
                    node.at,
                    "the step says not when",
                    "give it `at: 20s`, `when: {call: …, nth: 2}` or `after: NAME`",
                );
                None
            }
            [_, second, ..] if given.len() > 1 => {
                self.finding(node.place_of(second), "the step says twice when", "keep one of `at`, `when` and `after`");
                None
            }
            [_, ..] => None,
        }
    }

    fn length_of(&mut self, node: &Node, key: &str) -> Option<jiff::SignedDuration> {
        let value = node.get(key)?;
        let text: String = match value.value() {
            Value::Number(number) => {
                self.finding(value.at, format!("`{number}` has no unit"), format!("did you mean `{number}s`?"));
                return None;
            }
            _ => self.of(value)?,
        };
        length::parse(&text).map_err(|problem| self.finding(value.at, problem, "")).ok()
    }

    fn optional<T: DeserializeOwned>(&mut self, node: &Node, key: &str) -> Option<T> {
        let value = node.get(key)?;
        self.of(value)
    }

    fn of<T: DeserializeOwned>(&mut self, node: &Node) -> Option<T> {
        self.typed(node).map_err(|(_, finding)| self.findings.push(finding)).ok()
    }

    /// The node as a type; or the way to what is wrong, and what that is.
    fn typed<T: DeserializeOwned>(&self, node: &Node) -> Result<T, (Vec<String>, Finding)> {
        let read: Result<T, _> = serde_path_to_error::deserialize(node.value());
        read.map_err(|error| {
            let mut path = path_of(error.path());
            let message = error.into_inner().to_string();
            let (found, _) = node.along(&path);
            let (at, message, help) = explain(found, &message);
            // Of a map with an unknown key, the way leads to the key.
            if path.is_empty()
                && let Some(key) = quoted(&message).first()
            {
                path.push((*key).to_owned());
            }
            (path, Finding::new(self.file, at, message).with_help(help))
        })
    }

    fn finding(&mut self, at: Position, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::new(self.file, at, message).with_help(help));
    }
}

fn place(whole: &Node, path: &[String]) -> Position {
    let (found, rest) = whole.along(path);
    // A key that is not there is missing from the map that it would be in.
    rest.first().map_or(found.at, |key| found.place_of(key))
}

fn put(node: &mut Node, key: &str, value: &str) {
    let at = node.at;
    if let Tree::Map(pairs) = &mut node.tree {
        pairs.push((Key { at, name: key.to_owned() }, Node { at, tree: Tree::Plain(value.into()) }));
    }
}

fn path_of(path: &serde_path_to_error::Path) -> Vec<String> {
    use serde_path_to_error::Segment;
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    });
    segments.collect()
}

/// Where it is, what is wrong and what to do, from the text of serde's error.
fn explain(found: &Node, message: &str) -> (Position, String, String) {
    let words = quoted(message);
    if let (Some(word), true) = (words.first(), message.starts_with("unknown ")) {
        let known = words.iter().skip(1).copied();
        return (found.place_of(word), format!("`{word}` is not known here"), hint(word, known));
    }
    if message.starts_with("data did not match any variant") {
        let text = format!("`{}` is neither a number nor bounds", found.value());
        return (found.at, text, "write a number, or `{min: …, max: …}`".to_owned());
    }
    (found.at, message.to_owned(), String::new())
}

/// What stands between backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// The name in `${NAME}`, if there is one in the text.
fn placeholder(text: &str) -> Option<&str> {
    text.split_once("${").and_then(|(_, rest)| rest.split_once('}')).map(|(name, _)| name)
}

/// Values of a matrix, one of each.
#[derive(Clone, Debug, Default)]
struct Combination(Vec<(String, Value)>);

impl Combination {
    fn with(&self, name: &str, value: Value) -> Self {
        let mut more = self.clone();
        more.0.push((name.to_owned(), value));
        more
    }

    fn label(&self) -> Option<String> {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={}", shown(value))).collect();
        (!pairs.is_empty()).then(|| pairs.join(" "))
    }

    /// A text that is one placeholder becomes the value; others get the value's text.
    fn fill(&self, text: &str) -> Option<Value> {
        placeholder(text)?;
        if let Some((_, value)) = self.0.iter().find(|(name, _)| text == format!("${{{name}}}")) {
            return Some(value.clone());
        }
        let filled = self
            .0
            .iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), &shown(value)));
        Some(filled.into())
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A whole value of a map would be longer than a name may be.
        Value::Object(map) if map.len() == 1 => {
            map.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect::<Vec<_>>().concat()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
