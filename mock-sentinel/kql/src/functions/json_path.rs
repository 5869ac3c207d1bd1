//! Paths into dynamic values, such as `$.a['b c'][0]`.

use std::sync::Arc;

use crate::dynamic::{Dynamic, Properties};

/// One step of a path.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Property(String),
    Item(i64),
}

/// The steps of a path that begins with `$`; `None` when it cannot be read.
pub(super) fn parse(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = if let Some(rest) = rest.strip_prefix('.') { property(rest)? } else { bracketed(rest)? };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

fn property(rest: &str) -> Option<(Step, &str)> {
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    (end > 0).then(|| (Step::Property(rest[..end].to_owned()), &rest[end..]))
}

fn bracketed(rest: &str) -> Option<(Step, &str)> {
    let inner = rest.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = inner.strip_prefix(quote) {
            let end = quoted.find(quote)?;
            return Some((Step::Property(quoted[..end].to_owned()), quoted[end + 1..].strip_prefix(']')?));
        }
    }
    let (index, after) = inner.split_once(']')?;
    Some((Step::Item(index.trim().parse().ok()?), after))
}

/// The path a key argument means: a path when it begins with `$`, else the key itself.
pub(super) fn of_key(key: &str) -> Vec<Step> {
    let path = if key.starts_with('$') { parse(key) } else { None };
    path.unwrap_or_else(|| vec![Step::Property(key.to_owned())])
}

/// What lies at the end of a path; null when it leads nowhere.
pub(super) fn get(tree: &Dynamic, steps: &[Step]) -> Dynamic {
    steps.iter().fold(tree.clone(), |tree, step| match step {
        Step::Property(name) => tree.property(name),
        Step::Item(index) => tree.item(*index),
    })
}

/// Whether a path leads to a property, be it null.
pub(super) fn exists(tree: &Dynamic, steps: &[Step]) -> bool {
    let Some((last, before)) = steps.split_last() else { return true };
    match (get(tree, before), last) {
        (Dynamic::Bag(bag), Step::Property(name)) => bag.properties().contains_key(name.as_str()),
        (Dynamic::Array(array), Step::Item(index)) => usize::try_from(*index).is_ok_and(|at| at < array.items().len()),
        _ => false,
    }
}

/// The properties without what lies at the end of a path.
pub(super) fn removed(properties: &Properties, steps: &[Step]) -> Dynamic {
    let Some((Step::Property(name), rest)) = steps.split_first() else {
        return Dynamic::bag(properties.clone());
    };
    let kept = properties.iter().filter_map(|(key, value)| match (&**key == name, value) {
        (false, _) => Some((Arc::clone(key), value.clone())),
        (true, _) if rest.is_empty() => None,
        (true, Dynamic::Bag(inner)) => Some((Arc::clone(key), removed(inner.properties(), rest))),
        (true, _) => Some((Arc::clone(key), value.clone())),
    });
    Dynamic::bag(kept)
}

/// The properties with a value put at the end of a path; bags are made on the way where nothing stands.
pub(super) fn with(properties: &Properties, steps: &[Step], value: Dynamic) -> Dynamic {
    let Some((Step::Property(name), rest)) = steps.split_first() else {
        return Dynamic::bag(properties.clone());
    };
    let mut changed = properties.clone();
    let put = if rest.is_empty() {
        value
    } else {
        let inner = changed.get(name.as_str()).and_then(Dynamic::as_bag).cloned().unwrap_or_default();
        with(&inner, rest, value)
    };
    changed.insert(Arc::from(name.as_str()), put);
    Dynamic::bag(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_both_notations() {
        let steps = [Step::Property("a".into()), Step::Property("b c".into()), Step::Item(-1)];
        assert_eq!(parse("$.a['b c'][-1]").as_deref(), Some(&steps[..]));
        assert_eq!(parse("$"), Some(Vec::new()));
        for path in ["a", "$.", "$[", "$['a", "$[x]", "$a"] {
            assert_eq!(parse(path), None, "{path}");
        }
    }
}
