//! A company: people, teams and boards, each with its prepared JSON.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::locale::Locale;
use super::names;
use super::roster::Roster;
use crate::world::Organization;

/// The people, teams and boards that appear in the events of an organization.
#[derive(Debug)]
pub(super) struct Company {
    /// `{"type":"organization",…}`.
    pub(super) organization: String,
    pub(super) teams: Vec<Team>,
    pub(super) people: Vec<Person>,
    pub(super) boards: Vec<Board>,
}

#[derive(Debug)]
pub(super) struct Team {
    pub(super) id: String,
    pub(super) name: String,
    /// `{"type":"team",…}`.
    pub(super) context: String,
}

#[derive(Debug)]
pub(super) struct Person {
    pub(super) kind: AccountKind,
    /// Minutes east of Greenwich.
    pub(super) offset_minutes: i64,
    pub(super) team: usize,
    pub(super) email: String,
    /// `{"type":…,"id":…,"name":…,"email":…}`, as the audit log has it.
    pub(super) created_by: String,
    /// The same, with a `type` that no specification lists.
    pub(super) created_by_unknown: String,
    /// `{"id":…,"name":…,"email":…}`, as the content log has it.
    pub(super) actor: String,
    /// `{"id":…,"name":…}`, as the object of an audit event.
    pub(super) object: String,
    /// Their usual address.
    pub(super) ip: String,
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountKind {
    Member,
    Guest,
    /// `application`.
    Bot,
    /// `scim_provisioner`.
    Scim,
    /// `miro_automation`.
    Automation,
}

#[derive(Debug)]
pub(super) struct Board {
    pub(super) id: String,
    pub(super) team: usize,
    /// `{"id":…,"name":…}`, as the object of an audit event.
    pub(super) object: String,
}

/// How many boards there are at least; a company of more people has one for each.
const BOARDS_MIN: usize = 600;
/// How many teams have names of the crate `fake`, in addition to the curated ones.
const TEAMS_FAKED: usize = 10;
const OFFSETS: [i64; 8] = [-480, -300, 0, 60, 120, 330, 480, 540];

impl Company {
    /// The company of an organization; always the same for the same organization.
    pub(super) fn of(organization: &Organization) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(organization.id.parse().unwrap_or(0));
        let teams = teams(organization, &mut random);
        let people = accounts(organization, teams.len(), &mut random);
        let board_count = BOARDS_MIN.max(organization.people as usize);
        let boards = (0..board_count).map(|nth| Board::new(nth, teams.len(), &mut random)).collect();
        let organization =
            json!({"type": "organization", "id": organization.id, "name": organization.name}).to_string();
        Self { organization, teams, people, boards }
    }

    /// Draws a person; a few are far more active than most.
    pub(super) fn draw_person(&self, random: &mut ChaCha8Rng) -> &Person {
        &self.people[skewed(self.people.len(), random)]
    }

    /// Draws a board; a few are far busier than most.
    pub(super) fn draw_board(&self, random: &mut ChaCha8Rng) -> &Board {
        &self.boards[skewed(self.boards.len(), random)]
    }
}

/// Draws an index, earlier ones far more often.
fn skewed(len: usize, random: &mut ChaCha8Rng) -> usize {
    let drawn: f64 = random.random();
    ((drawn * drawn * len as f64) as usize).min(len - 1)
}

fn number(random: &mut ChaCha8Rng) -> String {
    random.random_range(3_074_457_345_618_266_000..3_074_457_999_999_999_999_u64).to_string()
}

fn teams(organization: &Organization, random: &mut ChaCha8Rng) -> Vec<Team> {
    let own = organization.teams.iter().map(|team| (team.id.clone(), team.name.clone()));
    let curated = names::TEAMS.iter().map(|&name| name.to_owned());
    let faked: Vec<String> = (0..TEAMS_FAKED).map(|_| Locale::draw(random).team(random)).collect();
    let invented: Vec<(String, String)> = curated.chain(faked).map(|name| (number(random), name)).collect();
    let team = |(id, name): (String, String)| {
        let context = json!({"type": "team", "id": id, "name": name}).to_string();
        Team { id, name, context }
    };
    own.chain(invented).map(team).collect()
}

/// The people of the organization, and machine accounts among them.
fn accounts(organization: &Organization, teams: usize, random: &mut ChaCha8Rng) -> Vec<Person> {
    let domain = organization.users.first().and_then(|user| user.email.split_once('@')).map(|(_, domain)| domain);
    let mut roster = Roster::new(domain.unwrap_or("example.com"), random);
    let mut ids = HashSet::new();
    let mut accounts = Vec::new();
    let mut people = 0;
    for nth in 0.. {
        let kind = AccountKind::of_nth(nth);
        if people == organization.people {
            break;
        }
        people += u32::from(kind.is_human());
        let mut id = number(random);
        while !ids.insert(id.clone()) {
            id = number(random);
        }
        accounts.push(Person::new((nth, kind), &id, &mut roster, teams, random));
    }
    accounts
}

impl Person {
    fn new(
        (nth, kind): (usize, AccountKind),
        id: &str,
        roster: &mut Roster,
        teams: usize,
        random: &mut ChaCha8Rng,
    ) -> Self {
        let (name, email) = match kind {
            AccountKind::Scim => ("SCIM".to_owned(), String::new()),
            AccountKind::Automation => ("Miro Automation".to_owned(), String::new()),
            AccountKind::Bot => {
                let name = format!("Integration {nth}");
                let email = roster.integration(&name);
                (name, email)
            }
            AccountKind::Guest => roster.guest(random),
            AccountKind::Member => roster.member(random),
        };
        let created_by = json!({"type": kind.word(), "id": id, "name": name, "email": email}).to_string();
        let created_by_unknown = json!({"type": "service_account", "id": id, "name": name, "email": email}).to_string();
        let actor = json!({"id": id, "name": name, "email": email}).to_string();
        let object = json!({"id": id, "name": name}).to_string();
        Self {
            kind,
            offset_minutes: OFFSETS[random.random_range(0..OFFSETS.len())],
            team: random.random_range(0..teams),
            email,
            created_by,
            created_by_unknown,
            actor,
            object,
            ip: ip(random),
        }
    }
}

impl AccountKind {
    /// What the nth account is: three of forty are machines, six are guests.
    fn of_nth(nth: usize) -> Self {
        match nth % 40 {
            37 => Self::Scim,
            38 => Self::Automation,
            39 => Self::Bot,
            31..=36 => Self::Guest,
            _ => Self::Member,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Member | Self::Guest => "user",
            Self::Bot => "application",
            Self::Scim => "scim_provisioner",
            Self::Automation => "miro_automation",
        }
    }

    /// Whether it keeps office hours.
    pub(super) fn is_human(self) -> bool {
        matches!(self, Self::Member | Self::Guest)
    }
}

/// An address from the ranges that are set aside for documentation (RFC 5737, RFC 3849).
fn ip(random: &mut ChaCha8Rng) -> String {
    let host: u8 = random.random_range(1..255);
    match random.random_range(0..4) {
        0 => format!("192.0.2.{host}"),
        1 => format!("198.51.100.{host}"),
        2 => format!("203.0.113.{host}"),
        _ => format!("2001:db8:{host:x}::{:x}", random.random_range(1..0xffff_u32)),
    }
}

impl Board {
    fn new(nth: usize, teams: usize, random: &mut ChaCha8Rng) -> Self {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        let tail: String = (0..6).map(|_| char::from(LETTERS[random.random_range(0..64)])).collect();
        let id = format!("uXjV{tail}=");
        let curated = names::BOARDS[nth % names::BOARDS.len()];
        let name = match nth / names::BOARDS.len() {
            0 => curated.to_owned(),
            round if round % 4 == 0 => format!("{curated} {nth}"),
            _ => Locale::draw(random).title(random),
        };
        let object = json!({"id": id, "name": name}).to_string();
        Self { id, team: random.random_range(0..teams), object }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::World;

    fn company(people: u32) -> Company {
        let mut world = World::default();
        world.organizations[0].people = people;
        Company::of(&world.organizations[0])
    }

    #[test]
    fn five_thousand_people_are_five_thousand_different_ones() {
        let company = company(5_000);
        let humans: Vec<Value> = company
            .people
            .iter()
            .filter(|person| person.kind.is_human())
            .map(|person| serde_json::from_str(&person.created_by).unwrap())
            .collect();
        assert_eq!(humans.len(), 5_000);
        for key in ["id", "name", "email"] {
            let different: HashSet<&str> = humans.iter().map(|human| human[key].as_str().unwrap()).collect();
            assert_eq!(different.len(), 5_000, "{key}");
        }
        let mut members = 0;
        for human in &humans {
            let (local, domain) = human["email"].as_str().unwrap().split_once('@').unwrap();
            let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '.';
            assert!(!local.is_empty() && local.chars().all(is_plain), "{human}");
            assert!(domain == "example.com" || domain.ends_with(".example"), "{human}");
            members += usize::from(domain == "example.com");
        }
        assert!((4_000..4_500).contains(&members), "{members} members");
    }

    #[test]
    fn everybody_of_the_curated_list_is_there() {
        let company = company(240);
        for (name, local) in names::PEOPLE {
            let quoted = format!("\"name\":{}", serde_json::to_string(name).unwrap());
            let person = company.people.iter().find(|person| person.created_by.contains(&quoted));
            assert!(person.is_some_and(|person| person.email.starts_with(local)), "{name}");
        }
        assert!(names::BOARDS.iter().all(|title| {
            let object = format!("\"name\":{}}}", serde_json::to_string(title).unwrap());
            company.boards.iter().any(|board| board.object.ends_with(&object))
        }));
    }
}
