//! YAML as a tree that knows where everything stands.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

use super::finding::{Finding, Position};

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) tree: Tree,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    /// Null, a truth value, a number or a text.
    Plain(Value),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key and its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) at: Position,
    pub(crate) name: String,
}

impl Node {
    /// The tree of a file, or why it is no YAML.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self, Finding> {
        let read: Result<Spanned<Raw>, _> = serde_saphyr::from_str(text);
        read.map(Self::from).map_err(|error| {
            let error = error.without_snippet();
            let at = error.location().map(position).unwrap_or_default();
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default().to_owned();
            // The place is told apart from the text.
            let first = first.split(" at line ").next().unwrap_or(&first).to_owned();
            Finding::new(file, at, first)
        })
    }

    /// The same without places.
    pub(crate) fn value(&self) -> Value {
        match &self.tree {
            Tree::Plain(value) => value.clone(),
            Tree::List(nodes) => nodes.iter().map(Self::value).collect(),
            Tree::Map(pairs) => pairs.iter().map(|(key, node)| (key.name.clone(), node.value())).collect(),
        }
    }

    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.tree {
            Tree::Map(pairs) => pairs,
            Tree::Plain(_) | Tree::List(_) => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.tree {
            Tree::List(nodes) => nodes,
            Tree::Plain(_) | Tree::Map(_) => &[],
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.name == key).map(|(_, node)| node)
    }

    /// The place of a key, else of the whole.
    pub(crate) fn place_of(&self, key: &str) -> Position {
        self.entries().iter().find(|(name, _)| name.name == key).map_or(self.at, |(name, _)| name.at)
    }

    /// Takes a key out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        let Tree::Map(pairs) = &mut self.tree else { return None };
        let position = pairs.iter().position(|(name, _)| name.name == key)?;
        Some(pairs.remove(position).1)
    }

    /// The deepest node on the way along `path`, of keys and numbers; and what is left of the way.
    pub(crate) fn along<'a>(&self, path: &'a [String]) -> (&Self, &'a [String]) {
        let Some((first, rest)) = path.split_first() else { return (self, path) };
        let next = match &self.tree {
            Tree::Map(_) => self.get(first),
            Tree::List(nodes) => first.parse::<usize>().ok().and_then(|nth| nodes.get(nth)),
            Tree::Plain(_) => None,
        };
        next.map_or((self, path), |next| next.along(rest))
    }

    /// Lets `later` overlay this: maps key by key, everything else as a whole.
    pub(crate) fn overlay(&mut self, later: Self) {
        match (&mut self.tree, later) {
            (Tree::Map(mine), Self { tree: Tree::Map(theirs), .. }) => {
                for (key, node) in theirs {
                    match mine.iter_mut().find(|(name, _)| name.name == key.name) {
                        Some((_, mine)) => mine.overlay(node),
                        None => mine.push((key, node)),
                    }
                }
            }
            (_, later) => *self = later,
        }
    }

    /// Replaces every text by what `fill` makes of it.
    pub(crate) fn fill(&mut self, fill: &impl Fn(&str) -> Option<Value>) {
        match &mut self.tree {
            Tree::Plain(Value::String(text)) => {
                if let Some(value) = fill(text) {
                    self.tree = plain(self.at, value);
                }
            }
            Tree::Plain(_) => {}
            Tree::List(nodes) => nodes.iter_mut().for_each(|node| node.fill(fill)),
            Tree::Map(pairs) => pairs.iter_mut().for_each(|(_, node)| node.fill(fill)),
        }
    }
}

/// A value as a tree, all of it in one place.
fn plain(at: Position, value: Value) -> Tree {
    match value {
        Value::Array(values) => {
            Tree::List(values.into_iter().map(|value| Node { at, tree: plain(at, value) }).collect())
        }
        Value::Object(map) => Tree::Map(
            map.into_iter().map(|(name, value)| (Key { at, name }, Node { at, tree: plain(at, value) })).collect(),
        ),
        value => Tree::Plain(value),
    }
}

fn position(at: Location) -> Position {
    Position { line: at.line(), column: at.column() }
}

/// What the YAML reader gives.
enum Raw {
    Plain(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl From<Spanned<Raw>> for Node {
    fn from(raw: Spanned<Raw>) -> Self {
        let tree = match raw.value {
            Raw::Plain(value) => Tree::Plain(value),
            Raw::List(nodes) => Tree::List(nodes.into_iter().map(Self::from).collect()),
            Raw::Map(pairs) => Tree::Map(
                pairs
                    .into_iter()
                    .map(|(key, node)| (Key { at: position(key.referenced), name: key.value }, Self::from(node)))
                    .collect(),
            ),
        };
        Self { at: position(raw.referenced), tree }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Plain(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Plain(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Raw::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Raw::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_knows_its_place() {
        let node = Node::parse("a: 1\nb:\n  - {c: true}\n  - text\n", "f.yaml").unwrap();
        assert_eq!(node.value(), serde_json::json!({"a": 1, "b": [{"c": true}, "text"]}));
        assert_eq!(node.place_of("b"), Position { line: 2, column: 1 });
        let path: Vec<String> = ["b", "0", "c", "more"].map(str::to_owned).into();
        let (found, rest) = node.along(&path);
        assert_eq!((found.at, rest.len()), (Position { line: 3, column: 9 }, 1));
    }

    #[test]
    fn what_is_no_yaml_says_where() {
        let finding = Node::parse("a: 1\nb: [1\nc: 2\n", "f.yaml").unwrap_err();
        assert!(finding.line >= 2, "{finding}");
        assert!(Node::parse("a: 1\na: 2\n", "f.yaml").unwrap_err().to_string().contains("duplicate"));
    }

    #[test]
    fn the_later_file_overlays_the_earlier_key_by_key() {
        let mut world = Node::parse("a: {x: 1, y: 2}\nb: [1]\n", "w").unwrap();
        world.overlay(Node::parse("a: {y: 3}\nb: [2]\n", "f").unwrap());
        assert_eq!(world.value(), serde_json::json!({"a": {"x": 1, "y": 3}, "b": [2]}));
    }
}
