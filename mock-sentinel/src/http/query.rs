//! Query strings. Names are decoded too: the JavaScript client sends `api%2Dversion`.

/// The first value of a parameter.
pub(crate) fn get(query: Option<&str>, name: &str) -> Option<String> {
    form_urlencoded::parse(query?.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        assert_eq!(get(Some("a=b&api%2Dversion=2023%2D01-01"), "api-version").as_deref(), Some("2023-01-01"));
        assert_eq!(get(Some("API-version=1"), "api-version"), None);
        assert_eq!(get(None, "api-version"), None);
    }
}
