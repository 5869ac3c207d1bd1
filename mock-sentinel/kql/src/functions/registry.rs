//! Looking functions up by name.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::Function;

/// Every family of functions.
const FAMILIES: &[&[Function]] = &[
    super::arrays::FUNCTIONS,
    super::bags::FUNCTIONS,
    super::conditional::FUNCTIONS,
    super::datetime::FUNCTIONS,
    super::distributions::FUNCTIONS,
    super::math::FUNCTIONS,
    super::encoding::FUNCTIONS,
    super::hashing::FUNCTIONS,
    super::network::FUNCTIONS,
    super::parsing::FUNCTIONS,
    super::regexes::FUNCTIONS,
    super::series::FILL,
    super::series::FILTER,
    super::series::MATH,
    super::series::STATISTICS,
    super::sets::FUNCTIONS,
    super::strings::FUNCTIONS,
    super::transform_only::FUNCTIONS,
    super::extract_json::FUNCTIONS,
    super::units::FUNCTIONS,
];

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
pub(crate) fn find(name: &str) -> &'static [&'static Function] {
    BY_NAME.get(name).map_or(&[], Vec::as_slice)
}

/// Every name there is, in no particular order.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    BY_NAME.keys().copied()
}
