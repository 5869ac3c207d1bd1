//! Worlds from YAML files: strict, and plain about what is wrong and where.

use std::path::Path;

use faults::input::{self, BY_HAND_BYTES_MAX};
use serde_saphyr::Error;

use super::{World, WorldError};

impl World {
    /// Reads a world from a YAML file; event files are resolved relative to it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or as for [`from_yaml`](Self::from_yaml).
    pub fn from_file(path: &Path) -> Result<Self, WorldError> {
        let text = input::read_text(path, BY_HAND_BYTES_MAX)
            .map_err(|error| WorldError::File(format!("could not read {}: {error}", path.display())))?;
        let mut world = Self::from_yaml(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for organization in &mut world.organizations {
            for events in [&mut organization.audit, &mut organization.content, &mut organization.ai_interaction] {
                events.file = events.file.take().map(|file| folder.join(file));
            }
        }
        Ok(world)
    }

    /// Reads a world from YAML; errors are prefixed with `name` and the line.
    ///
    /// # Errors
    ///
    /// The text is not YAML, has an unknown key or an invalid value.
    pub fn from_yaml(text: &str, name: &str) -> Result<Self, WorldError> {
        let world: Self = serde_saphyr::from_str(text).map_err(|error| WorldError::File(explain(&error, name)))?;
        world.check()?;
        Ok(world)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an enum of the parser with sixty variants, two of which can be improved"
)]
fn explain(error: &Error, name: &str) -> String {
    let error = error.without_snippet();
    let at = error.location().map(|at| format!("{name}:{}:{}", at.line(), at.column()));
    let at = at.unwrap_or_else(|| name.to_owned());
    match error {
        Error::SerdeUnknownField { field, expected, .. }
        | Error::SerdeUnknownVariant { variant: field, expected, .. } => {
            let nearest = expected.iter().min_by_key(|known| strsim::damerau_levenshtein(known, field));
            let nearest = nearest.map(|known| format!("; the nearest is `{known}`")).unwrap_or_default();
            format!("{at}: `{field}` is not a known key{nearest} (allowed: {})", expected.join(", "))
        }
        other => format!("{at}: {}", first_line(&other.to_string())),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        World::from_yaml(text, "w.yaml").unwrap_err().to_string()
    }

    #[test]
    fn reads_a_world_and_fills_in_the_rest() {
        let world = World::from_yaml(
            "organizations:\n  - id: '42'\n    plan: business\n    audit: {generate: 5, over: 6h}\nswitches:\n  retry_after: http_date\n",
            "w.yaml",
        )
        .unwrap();
        assert_eq!(world.organizations[0].credits_per_minute, 100_000);
        assert_eq!(world.switches.retry_after, crate::RetryAfterForm::HttpDate);
    }

    #[test]
    fn an_organization_has_the_tokens_of_both_integrations_by_default() {
        let world = World::from_yaml("organizations: [{id: '42'}, {id: '43', tokens: []}]\n", "w.yaml").unwrap();
        let names =
            |nth: usize| world.organizations[nth].tokens.iter().map(|token| token.name.as_str()).collect::<Vec<_>>();
        assert_eq!((names(0), names(1)), (vec!["audit", "content"], vec![]));
        let mock = crate::MockMiro::new(world, std::sync::Arc::new(crate::SystemClock)).unwrap();
        let tokens = mock.tokens();
        assert!(tokens.audit.starts_with("ey") && tokens.audit != tokens.content);
    }

    #[test]
    fn whatever_is_left_out_has_the_default_worlds_value() {
        for text in ["switches: {}\n", "organizations: [{}]\n", "organizations: [{guard: true}]\n"] {
            let world = World::from_yaml(text, "w.yaml").unwrap();
            assert_eq!(world.organizations[0].id, World::default().organizations[0].id, "{text}");
            assert_eq!(world.organizations[0].tokens.len(), 2);
        }
        assert!(error_of("organizations: [{}, {}]\n").contains("already used by another organization"));
    }

    #[test]
    fn the_readmes_worlds_are_read() {
        let readme = include_str!("../../README.md");
        let worlds: Vec<&str> = readme.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(worlds.len() >= 2);
        for world in worlds {
            World::from_yaml(world, "README.md").unwrap_or_else(|error| panic!("{world}: {error}"));
        }
    }

    #[test]
    fn names_line_and_nearest_key_for_what_it_does_not_know() {
        let misspelt = error_of("organizations:\n  - id: '42'\n    gaurd: true\n");
        assert!(misspelt.starts_with("w.yaml:3:5: `gaurd` is not a known key; the nearest is `guard` (allowed: id, "));
        insta::assert_snapshot!(error_of("organizations:\n  - id: '42'\n    plan: enterprize\n"), @"w.yaml:3:11: `enterprize` is not a known key; the nearest is `enterprise` (allowed: free, starter, business, enterprise)");
        insta::assert_snapshot!(error_of("organizations: [{id: '42', guard: maybe}]\n"), @"w.yaml:1:35: invalid boolean at line 1, column 35");
    }

    #[test]
    fn names_what_contradicts() {
        let text = "organizations:\n  - id: '42'\n    content_retention_days: 31\n    tokens:\n      - {name: a, value: x, scopes: []}\n      - {name: a, value: x, scopes: [], user: '7'}\n";
        insta::assert_snapshot!(error_of(text), @r#"
        organizations[0].tokens: the value of "a" is already used by another token
        organizations[0].content_retention_days = 31: must be one of 30, 90, 180, 365
        organizations[0].tokens: duplicate name "a"
        organizations[0].tokens: token "a" belongs to unknown user "7"
        "#);
    }
}
