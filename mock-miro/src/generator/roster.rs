//! Unique names and addresses of people.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::locale::{Locale, slug};
use super::names;

/// Draws unique names and addresses: first those of the curated list of difficult ones, then those of the crate `fake`.
#[derive(Debug)]
pub(super) struct Roster {
    /// The domain of members.
    domain: String,
    /// The domains of guests: other companies.
    partners: Vec<String>,
    curated: std::slice::Iter<'static, (&'static str, &'static str)>,
    names: HashSet<String>,
    addresses: HashSet<String>,
}

/// How many companies guests come from.
const PARTNERS: usize = 12;
/// How often a name is drawn again before it gets a middle initial.
const TRIES: usize = 20;

impl Roster {
    /// A roster for a company whose members have addresses at `domain`.
    pub(super) fn new(domain: &str, random: &mut ChaCha8Rng) -> Self {
        let partners = (1..=PARTNERS).map(|nth| partner(nth, random)).collect();
        Self {
            domain: domain.to_owned(),
            partners,
            curated: names::PEOPLE.iter(),
            names: HashSet::new(),
            addresses: HashSet::new(),
        }
    }

    /// Another member: name and address.
    pub(super) fn member(&mut self, random: &mut ChaCha8Rng) -> (String, String) {
        let (name, local) = self.draw_name(random);
        let address = self.address(&local, &self.domain.clone());
        (name, address)
    }

    /// Another guest: name and address.
    pub(super) fn guest(&mut self, random: &mut ChaCha8Rng) -> (String, String) {
        let (name, local) = self.draw_name(random);
        let domain = self.partners[random.random_range(0..self.partners.len())].clone();
        (name, self.address(&local, &domain))
    }

    /// The address of an integration.
    pub(super) fn integration(&mut self, name: &str) -> String {
        self.address(&slug(name, "-"), &self.domain.clone())
    }

    /// An unused name, and its form in an address.
    fn draw_name(&mut self, random: &mut ChaCha8Rng) -> (String, String) {
        if let Some((name, local)) = self.curated.next() {
            self.names.insert((*name).to_owned());
            return ((*name).to_owned(), (*local).to_owned());
        }
        let mut drawn = person(random);
        for _ in 0..TRIES {
            if !self.names.contains(&drawn.0) {
                break;
            }
            drawn = person(random);
        }
        let (mut name, local) = drawn;
        while !self.names.insert(name.clone()) {
            name = format!("{}. {name}", char::from(random.random_range(b'A'..=b'Z')));
        }
        (name, local)
    }

    /// That address, or with the first number that makes it one of its own.
    fn address(&mut self, local: &str, domain: &str) -> String {
        let mut address = format!("{local}@{domain}");
        for number in 2_u32.. {
            if self.addresses.insert(address.clone()) {
                break;
            }
            address = format!("{local}{number}@{domain}");
        }
        address
    }
}

fn person(random: &mut ChaCha8Rng) -> (String, String) {
    let locale = Locale::draw(random);
    let (given, family) = locale.name(random);
    (locale.full_name(given, family), format!("{}.{}", slug(given, ""), slug(family, "")))
}

/// The domain of a company: its name under a top level that is set aside for examples (RFC 2606).
fn partner(nth: usize, random: &mut ChaCha8Rng) -> String {
    const LABEL_MAX: usize = 40;
    let mut label = slug(&Locale::draw(random).company(random), "-");
    label.truncate(LABEL_MAX);
    match label.trim_end_matches('-') {
        "" => format!("partner-{nth}.example"),
        label => format!("{label}.example"),
    }
}
