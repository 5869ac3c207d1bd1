//! The query string of a call, decoded once, without the secrets when it is written down.

use std::borrow::Cow;

/// The parameters of a request, in their order.
#[derive(Debug, Default)]
pub(crate) struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// Parameters whose values are secrets.
const SECRET: [&str; 6] = ["access_token", "accessToken", "refresh_token", "client_secret", "clientSecret", "code"];

impl<'a> Params<'a> {
    /// Decodes a query string or a form body.
    pub(crate) fn parse(text: &'a [u8]) -> Self {
        Self { pairs: form_urlencoded::parse(text).collect() }
    }

    /// These parameters and those of a form body; where both have a name, the first wins.
    pub(crate) fn and<'b>(&self, form: &'b [u8]) -> Params<'b>
    where
        'a: 'b,
    {
        let mut pairs: Vec<(Cow<'b, str>, Cow<'b, str>)> = self.pairs.clone();
        pairs.extend(form_urlencoded::parse(form));
        Params { pairs }
    }

    /// The first value of that name; an empty one counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }

    /// All values of that name: repeated keys and comma-joined values alike.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let values = self.pairs.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }
}

/// The query string as it may be written down: secret values become `***`, the rest stays as it came.
pub(crate) fn without_secrets(query: &str) -> String {
    let mut written = String::with_capacity(query.len());
    for (nth, pair) in query.split('&').enumerate() {
        if nth > 0 {
            written.push('&');
        }
        match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => {
                written.push_str(name);
                written.push_str("=***");
            }
            Some(_) | None => written.push_str(pair),
        }
    }
    written
}

/// Judges a name as the decoder would see it, so that `access%5Ftoken` hides nothing.
fn is_secret(encoded_name: &str) -> bool {
    form_urlencoded::parse(encoded_name.as_bytes()).next().is_some_and(|(name, _)| SECRET.contains(&name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_repeated_or_joined() {
        let params = Params::parse(b"board_ids=a%3D&board_ids=b%3D%2Cc%3D&emails=");
        assert_eq!(params.list("board_ids"), ["a=", "b=", "c="]);
        assert!(params.list("emails").is_empty());
    }

    #[test]
    fn secrets_are_not_written_down() {
        let written = without_secrets("limit=5&access_token=abc&access%5Ftoken=def&cursor=a%23b&flag");
        assert_eq!(written, "limit=5&access_token=***&access%5Ftoken=***&cursor=a%23b&flag");
    }
}
