//! A company: people, teams and boards, each with its JSON written once.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::names;
use crate::world::Organization;

/// Who can appear in the events of an organisation.
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
    pub(super) kind: Kind,
    /// Minutes east of Greenwich.
    pub(super) offset_minutes: i64,
    pub(super) team: usize,
    pub(super) email: String,
    /// `{"type":…,"id":…,"name":…,"email":…}`, as the audit log has it.
    pub(super) created_by: String,
    /// The same, of a `type` that no specification lists.
    pub(super) created_by_unknown: String,
    /// `{"id":…,"name":…,"email":…}`, as the content log has it.
    pub(super) actor: String,
    /// `{"id":…,"name":…}`, as the object of an audit event.
    pub(super) object: String,
    /// Where they usually are.
    pub(super) ip: String,
}

/// What stands behind an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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

const HEADCOUNT: usize = 240;
const BOARD_COUNT: usize = 600;
const OFFSETS: [i64; 8] = [-480, -300, 0, 60, 120, 330, 480, 540];

impl Company {
    /// The company behind an organisation; the same whenever it is asked for.
    pub(super) fn of(organization: &Organization) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(organization.id.parse().unwrap_or(0));
        let teams = teams(organization, &mut random);
        let people = (0..HEADCOUNT).map(|nth| Person::new(nth, teams.len(), &mut random)).collect();
        let boards = (0..BOARD_COUNT).map(|nth| Board::new(nth, teams.len(), &mut random)).collect();
        let organization =
            json!({"type": "organization", "id": organization.id, "name": organization.name}).to_string();
        Self { organization, teams, people, boards }
    }

    /// Somebody; a few are far more active than most.
    pub(super) fn somebody(&self, random: &mut ChaCha8Rng) -> &Person {
        &self.people[skewed(self.people.len(), random)]
    }

    /// A board; a few are far busier than most.
    pub(super) fn some_board(&self, random: &mut ChaCha8Rng) -> &Board {
        &self.boards[skewed(self.boards.len(), random)]
    }
}

/// A place in a list, earlier ones far more often.
fn skewed(len: usize, random: &mut ChaCha8Rng) -> usize {
    let drawn: f64 = random.random();
    ((drawn * drawn * len as f64) as usize).min(len - 1)
}

fn number(random: &mut ChaCha8Rng) -> String {
    random.random_range(3_074_457_345_618_266_000..3_074_457_999_999_999_999_u64).to_string()
}

fn teams(organization: &Organization, random: &mut ChaCha8Rng) -> Vec<Team> {
    let own = organization.teams.iter().map(|team| (team.id.clone(), team.name.clone()));
    let invented: Vec<(String, String)> = names::TEAMS.iter().map(|&name| (number(random), name.to_owned())).collect();
    let team = |(id, name): (String, String)| {
        let context = json!({"type": "team", "id": id, "name": name}).to_string();
        Team { id, name, context }
    };
    own.chain(invented).map(team).collect()
}

impl Person {
    fn new(nth: usize, teams: usize, random: &mut ChaCha8Rng) -> Self {
        let kind = match nth % 40 {
            37 => Kind::Scim,
            38 => Kind::Automation,
            39 => Kind::Bot,
            31..=36 => Kind::Guest,
            _ => Kind::Member,
        };
        let (name, local) = names::PEOPLE[nth % names::PEOPLE.len()];
        let round = nth / names::PEOPLE.len();
        let (name, email) = match kind {
            Kind::Scim => ("SCIM".to_owned(), String::new()),
            Kind::Automation => ("Miro Automation".to_owned(), String::new()),
            Kind::Bot => (format!("Integration {nth}"), format!("integration-{nth}@example.com")),
            Kind::Guest => (name.to_owned(), format!("{local}{round}@guest.example.net")),
            Kind::Member => (name.to_owned(), format!("{local}+{round}@example.com")),
        };
        let id = number(random);
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

impl Kind {
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
        let title = names::BOARDS[nth % names::BOARDS.len()];
        let name = if nth < names::BOARDS.len() { title.to_owned() } else { format!("{title} {nth}") };
        let object = json!({"id": id, "name": name}).to_string();
        Self { id, team: random.random_range(0..teams), object }
    }
}
