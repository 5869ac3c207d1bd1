//! Names of people, companies, teams and boards in the languages that the crate `fake` speaks.

use deunicode::deunicode;
use fake::Fake;
use fake::faker::company::raw::{Bs, CompanyName, Industry};
use fake::faker::job::raw::Field;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{
    AR_SA, CY_GB, DE_DE, Data, EN, FA_IR, FR_FR, IT_IT, JA_JP, NL_NL, PT_BR, PT_PT, TR_TR, ZH_CN, ZH_TW,
};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// The language of a name, and with it the order of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locale {
    Arabic,
    Welsh,
    German,
    English,
    Persian,
    French,
    Italian,
    Japanese,
    Dutch,
    Brazilian,
    Portuguese,
    Turkish,
    Chinese,
    Taiwanese,
}

/// Calls a function that is generic over `fake`'s locales with the one that is meant.
macro_rules! in_locale {
    ($locale:expr, $function:ident, $random:expr) => {
        match $locale {
            Locale::Arabic => $function(AR_SA, $random),
            Locale::Welsh => $function(CY_GB, $random),
            Locale::German => $function(DE_DE, $random),
            Locale::English => $function(EN, $random),
            Locale::Persian => $function(FA_IR, $random),
            Locale::French => $function(FR_FR, $random),
            Locale::Italian => $function(IT_IT, $random),
            Locale::Japanese => $function(JA_JP, $random),
            Locale::Dutch => $function(NL_NL, $random),
            Locale::Brazilian => $function(PT_BR, $random),
            Locale::Portuguese => $function(PT_PT, $random),
            Locale::Turkish => $function(TR_TR, $random),
            Locale::Chinese => $function(ZH_CN, $random),
            Locale::Taiwanese => $function(ZH_TW, $random),
        }
    };
}

impl Locale {
    const ALL: [Self; 14] = [
        Self::Arabic,
        Self::Welsh,
        Self::German,
        Self::English,
        Self::Persian,
        Self::French,
        Self::Italian,
        Self::Japanese,
        Self::Dutch,
        Self::Brazilian,
        Self::Portuguese,
        Self::Turkish,
        Self::Chinese,
        Self::Taiwanese,
    ];

    /// One of them.
    pub(super) fn draw(random: &mut ChaCha8Rng) -> Self {
        Self::ALL[random.random_range(0..Self::ALL.len())]
    }

    /// A given name and a family name.
    pub(super) fn name(self, random: &mut ChaCha8Rng) -> (&'static str, &'static str) {
        in_locale!(self, name, random)
    }

    /// Both names as they are written together.
    pub(super) fn full_name(self, given: &str, family: &str) -> String {
        match self {
            Self::Chinese | Self::Taiwanese => format!("{family}{given}"),
            Self::Japanese => format!("{family} {given}"),
            Self::Arabic
            | Self::Welsh
            | Self::German
            | Self::English
            | Self::Persian
            | Self::French
            | Self::Italian
            | Self::Dutch
            | Self::Brazilian
            | Self::Portuguese
            | Self::Turkish => format!("{given} {family}"),
        }
    }

    /// The name of a company.
    pub(super) fn company(self, random: &mut ChaCha8Rng) -> String {
        in_locale!(self, company, random)
    }

    /// The name of a team: what its people do.
    pub(super) fn team(self, random: &mut ChaCha8Rng) -> String {
        in_locale!(self, team, random)
    }

    /// The title of a board.
    pub(super) fn title(self, random: &mut ChaCha8Rng) -> String {
        in_locale!(self, title, random)
    }
}

fn name<L: Data + Copy>(locale: L, random: &mut ChaCha8Rng) -> (&'static str, &'static str) {
    (FirstName(locale).fake_with_rng(random), LastName(locale).fake_with_rng(random))
}

fn company<L: Data + Copy>(locale: L, random: &mut ChaCha8Rng) -> String {
    CompanyName(locale).fake_with_rng(random)
}

fn team<L: Data + Copy>(locale: L, random: &mut ChaCha8Rng) -> String {
    Field(locale).fake_with_rng(random)
}

fn title<L: Data + Copy>(locale: L, random: &mut ChaCha8Rng) -> String {
    let project: String = Bs(locale).fake_with_rng(random);
    match random.random_range(0..3) {
        0 => project,
        1 => format!("{} ({})", project, team(locale, random)),
        _ => format!("{}: {project}", Industry(locale).fake_with_rng::<&str, _>(random)),
    }
}

/// How a name is written in an address: the letters and digits of its transliteration in lower case, and a hyphen or nothing
/// between its words.
pub(super) fn slug(name: &str, between: &str) -> String {
    let latin = deunicode(name).to_ascii_lowercase().replace('\'', "");
    let words = latin.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_language_has_names_that_an_address_can_hold() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for locale in Locale::ALL {
            let (given, family) = locale.name(&mut random);
            for part in [given, family, &locale.company(&mut random), &locale.team(&mut random)] {
                assert!(!slug(part, "-").is_empty(), "{locale:?}: {part}");
            }
            assert!(!locale.title(&mut random).is_empty());
        }
    }

    #[test]
    fn a_name_is_transliterated() {
        assert_eq!(slug("Jürgen Müller-Groß", ""), "jurgenmullergross");
        assert_eq!(slug("D'Arcy & Söhne GmbH", "-"), "darcy-sohne-gmbh");
        assert_eq!(Locale::Japanese.full_name("さくら", "佐藤"), "佐藤 さくら");
    }
}
