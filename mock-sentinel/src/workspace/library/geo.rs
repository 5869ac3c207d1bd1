//! Where addresses are, from a CSV file of prefixes: `prefix,country,state,city,latitude,longitude`.
//!
//! What `geo_info_from_ip_address` returns: <https://learn.microsoft.com/kusto/query/geo-info-from-ip-address-function>,
//! read 2026-11-29. The service's data are MaxMind's; here they are those of the file.

use std::collections::HashMap;
use std::net::IpAddr;

use kql::{Dynamic, GeoInfo};
use serde::Deserialize;

use crate::world::{Document, WorldError};

/// Most prefixes.
const PREFIXES_MAX: usize = 2_000_000;

/// Prefixes of both families with what is known of them; the longest that holds an address counts.
#[derive(Debug, Default)]
pub(crate) struct Places {
    v4: Family,
    v6: Family,
    answers: Vec<Dynamic>,
}

/// The prefixes of one family by their length: the network, and the number of what is known of it.
#[derive(Debug, Default)]
struct Family(Vec<(u8, HashMap<u128, usize>)>);

#[derive(Debug, Deserialize)]
struct Row {
    prefix: String,
    #[serde(default)]
    country: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
}

impl Places {
    /// Reads the file.
    pub(super) fn read(document: &Document) -> Result<Self, WorldError> {
        let mut places = Self::default();
        let text = document.text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        for row in reader.deserialize() {
            let added = row.map_err(|error| error.to_string()).and_then(|row| places.add(&row));
            added.map_err(|message| WorldError::data(&document.name, message))?;
        }
        places.v4.0.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        places.v6.0.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
        Ok(places)
    }

    fn add(&mut self, row: &Row) -> Result<(), String> {
        if self.answers.len() >= PREFIXES_MAX {
            return Err(format!("there are more than {PREFIXES_MAX} prefixes"));
        }
        let (address, length) = prefix(&row.prefix).ok_or_else(|| {
            format!("'{}' is not a prefix such as 192.0.2.0/24", row.prefix.chars().take(64).collect::<String>())
        })?;
        let family = if address.is_ipv4() { &mut self.v4 } else { &mut self.v6 };
        family.insert(network(address, length), length, self.answers.len());
        self.answers.push(row.answer());
        Ok(())
    }

    /// What is known of an address.
    pub(crate) fn find(&self, address: IpAddr) -> Option<&Dynamic> {
        let address = address.to_canonical();
        let family = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let found = family.0.iter().find_map(|(length, networks)| networks.get(&network(address, *length)));
        found.and_then(|at| self.answers.get(*at))
    }
}

impl GeoInfo for Places {
    fn look_up(&self, address: &str) -> Dynamic {
        address.trim().parse().ok().and_then(|address| self.find(address).cloned()).unwrap_or(Dynamic::Null)
    }
}

impl Family {
    fn insert(&mut self, network: u128, length: u8, answer: usize) {
        match self.0.iter_mut().find(|(known, _)| *known == length) {
            Some((_, networks)) => drop(networks.insert(network, answer)),
            None => self.0.push((length, HashMap::from([(network, answer)]))),
        }
    }
}

impl Row {
    fn answer(&self) -> Dynamic {
        let bag = serde_json::json!({
            "country": self.country,
            "state": self.state,
            "city": self.city,
            "latitude": self.latitude,
            "longitude": self.longitude,
        });
        Dynamic::from_json(&bag.to_string()).unwrap_or(Dynamic::Null)
    }
}

/// `192.0.2.0/24`; an address alone is a prefix of itself.
fn prefix(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok())?;
    (length <= most).then_some((address, length))
}

/// The first bits of an address.
fn network(address: IpAddr, length: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    bits.checked_shr(width - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Result<Places, String> {
        let document = Document { name: "geo.csv".to_owned(), text: text.to_owned() };
        Places::read(&document).map_err(|error| error.to_string())
    }

    #[test]
    fn the_longest_prefix_counts() {
        let text = "prefix,country,state,city,latitude,longitude\n\
            0.0.0.0/0,World,,,,\n192.0.2.0/24,Iceland,,,64.1,-21.9\n192.0.2.1,Iceland,,Vik,,\n2001:db8::/32,Norway,,,60,11\n";
        let places = places(text).unwrap();
        let country_and_city = |address: &str| {
            let found: serde_json::Value = serde_json::from_str(&places.look_up(address).to_text()).unwrap_or_default();
            [&found["country"], &found["city"]].map(|text| text.as_str().unwrap_or_default().to_owned()).join(":")
        };
        for (address, expected) in [
            ("192.0.2.1", "Iceland:Vik"),
            ("192.0.2.2", "Iceland:"),
            ("::ffff:192.0.2.2", "Iceland:"),
            ("198.51.100.1", "World:"),
            ("2001:db8::1", "Norway:"),
            ("2001:db9::1", ":"),
            ("nonsense", ":"),
        ] {
            assert_eq!(country_and_city(address), expected, "{address}");
        }
    }

    #[test]
    fn a_row_that_is_no_prefix_is_told_with_its_file() {
        for (text, said) in [("prefix\n192.0.2.0/33\n", "'192.0.2.0/33' is not a prefix"), ("country\nX\n", "prefix")] {
            let error = places(text).unwrap_err();
            assert!(error.starts_with("geo.csv: ") && error.contains(said), "{error}");
        }
    }
}
