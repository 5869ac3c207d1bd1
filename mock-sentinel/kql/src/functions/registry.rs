//! Looking functions up by name.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::Function;

/// Every family of functions.
const FAMILIES: &[&[Function]] = &[];

static BY_NAME: LazyLock<HashMap<&'static str, Vec<&'static Function>>> = LazyLock::new(|| {
    let mut by_name: HashMap<&'static str, Vec<&'static Function>> = HashMap::new();
    for function in FAMILIES.iter().copied().flatten() {
        for name in function.names {
            by_name.entry(name).or_default().push(function);
        }
    }
    by_name
});

/// The functions of a name, in the order they are tried.
pub fn find(name: &str) -> &'static [&'static Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// Every name there is, in no particular order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
