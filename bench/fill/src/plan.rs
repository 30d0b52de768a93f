//! How much of everything, and the command line that says so.

use std::path::PathBuf;

use gatelodge_domain::{KeyAlgorithm, SecretBytes};

/// How much of everything. Person, session, consent and refresh family number *i* belong
/// together, and to client number *i* modulo the number of clients.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Realms besides the two built-in ones, each with a key and a spare for every algorithm.
    pub realms: u64,
    /// Confidential clients of the default realm, `bench-00001`…
    pub clients: u64,
    /// People of the default realm, `user-0000001`…
    pub users: u64,
    /// Of how many people failures are counted, who are all in one group and hold one role.
    pub members: u64,
    /// Browser sign-ins that live.
    pub sessions: u64,
    /// Remembered consents to everything that a client may ask for.
    pub consents: u64,
    /// Refresh families that live, with a grant each.
    pub families: u64,
    /// Audit events of the last 90 days.
    pub events: u64,
    /// Rows that a sweep will remove: as many families, grants, sessions and tickets.
    pub expired: u64,
    /// Everybody's password.
    pub password: String,
    /// What the clients' ID tokens are signed with.
    pub id_token_algorithm: KeyAlgorithm,
    /// Of about how many sessions, and of how many families, the secrets are told.
    pub told: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            realms: 0,
            clients: 1_000,
            users: 0,
            members: 0,
            sessions: 0,
            consents: 0,
            families: 0,
            events: 0,
            expired: 0,
            password: "correct horse battery staple".to_owned(),
            id_token_algorithm: KeyAlgorithm::Es256,
            told: 10_000,
        }
    }
}

/// What the program was asked for.
#[derive(Debug, Default)]
pub struct Asked {
    /// The data folder.
    pub data_dir: PathBuf,
    /// 64 hexadecimal digits, for an encrypted database.
    pub database_key: Option<String>,
    /// How much.
    pub plan: Plan,
}

impl Asked {
    /// What there is to ask for.
    pub const USAGE: &'static str = "\
usage: gatelodge-bench-fill --data-dir DIR [--database-key HEX] [--password TEXT]
       [--id-token-algorithm ES256|RS256|PS256|EdDSA] [--told N]
       [--realms N] [--clients N] [--users N] [--members N] [--sessions N] [--consents N]
       [--families N] [--events N] [--expired N]

DIR belongs to a server that was started once and is stopped now. The secrets of all clients
and of about --told sessions and families are written to fill.json in it.";

    /// Reads the arguments; the message of a failure is one line.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut asked = Self::default();
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            if let Some(number) = asked.plan.number(&name) {
                *number = value
                    .replace('_', "")
                    .parse()
                    .map_err(|_| format!("{name} {value}: not a number"))?;
                continue;
            }
            match name.as_str() {
                "--data-dir" => asked.data_dir = value.into(),
                "--database-key" => asked.database_key = Some(value),
                "--password" => asked.plan.password = value,
                "--id-token-algorithm" => {
                    asked.plan.id_token_algorithm = KeyAlgorithm::parse(&value)
                        .ok_or_else(|| format!("{name} {value}: no such algorithm"))?;
                }
                _ => return Err(format!("{name} is not known")),
            }
        }
        if asked.data_dir.as_os_str().is_empty() {
            return Err("--data-dir is missing".to_owned());
        }
        Ok(asked)
    }

    /// The raw key of the database, if one was given.
    pub fn key(&self) -> Result<Option<SecretBytes>, String> {
        let Some(digits) = &self.database_key else {
            return Ok(None);
        };
        let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..digits.len()).step_by(2).map(pair).collect();
        let bytes = bytes.ok_or("--database-key: 64 hexadecimal digits are wanted")?;
        Ok(Some(SecretBytes::new(bytes)))
    }
}

impl Plan {
    /// Whether the secret of that one of so many is told.
    pub(crate) fn tells(&self, number: u64, all: u64) -> bool {
        self.told > 0 && number.is_multiple_of((all / self.told).max(1))
    }

    fn number(&mut self, flag: &str) -> Option<&mut u64> {
        Some(match flag {
            "--realms" => &mut self.realms,
            "--clients" => &mut self.clients,
            "--users" => &mut self.users,
            "--members" => &mut self.members,
            "--sessions" => &mut self.sessions,
            "--consents" => &mut self.consents,
            "--families" => &mut self.families,
            "--events" => &mut self.events,
            "--expired" => &mut self.expired,
            "--told" => &mut self.told,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Asked, String> {
        Asked::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn numbers_may_have_underscores() {
        let asked = read("--data-dir d --users 1_000_000 --events 5").unwrap();
        assert_eq!(asked.plan.users, 1_000_000);
        assert_eq!(asked.plan.events, 5);
        assert_eq!(asked.plan.families, 0);
    }

    #[test]
    fn what_is_told_is_spread_evenly() {
        let plan = read("--data-dir d --told 3").unwrap().plan;
        let told = |all| {
            (0..all)
                .filter(|&number| plan.tells(number, all))
                .collect::<Vec<_>>()
        };
        assert_eq!(told(9), [0, 3, 6]);
        assert_eq!(told(2), [0, 1]);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("--users 5", "--data-dir is missing"),
            ("--data-dir d --user 5", "--user is not known"),
            ("--data-dir d --users many", "--users many: not a number"),
            ("--data-dir d --users", "--users needs a value"),
        ] {
            assert_eq!(read(line).unwrap_err(), named);
        }
    }
}
