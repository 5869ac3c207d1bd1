//! A case that is known not to pass: with a reason, a link, an owner and a day on which it has to be gone.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::verdict::Verdict;

/// An entry of the file of known failures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// The scenario.
    pub id: String,
    /// The case of it; every one that fails, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// What the case comes to.
    #[serde(default = "fail")]
    pub verdict: Verdict,
    /// Why it does not pass.
    pub reason: String,
    /// Where that is followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Who mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it is expected: a date of TOML, or a text.
    #[serde(default, deserialize_with = "day", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "`until` is a day such as 2027-03-01")]
    enum Day {
        Toml(toml::value::Datetime),
        Text(String),
    }
    let text = match Day::deserialize(deserializer)? {
        Day::Toml(day) => day.to_string(),
        Day::Text(text) => text,
    };
    text.parse()
        .map(Some)
        .map_err(|_| de::Error::custom(format!("`until` is `{text}`; a day such as 2027-03-01 is expected")))
}

const fn fail() -> Verdict {
    Verdict::Fail
}
