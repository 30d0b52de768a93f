//! Everything that the lock guards: the tables, whose turn it is, and which moments are
//! pinned.

use std::collections::BTreeMap;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::SealKey;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use crate::audit::AuditTables;
use crate::catalogue::CatalogueTables;
use crate::changes::ChangeTables;
use crate::clients::ClientTables;
use crate::consents::ConsentTables;
use crate::data_keys::DataKeyTables;
use crate::documents::DocumentTables;
use crate::factors::FactorTables;
use crate::families::FamilyTables;
use crate::grants::GrantTables;
use crate::groups::GroupTables;
use crate::jobs::JobTables;
use crate::keys::KeyTables;
use crate::outbox::OutboxTables;
use crate::realms::RealmTables;
use crate::revocations::RevocationTables;
use crate::roles::RoleTables;
use crate::sessions::SessionTables;
use crate::subject_keys::SubjectKeyTables;
use crate::system::SystemTables;
use crate::table::{Moment, Settle as _, Verdict, tables};
use crate::throttles::ThrottleTables;
use crate::tickets::TicketTables;
use crate::users::UserTables;

tables! {
    /// Every slice's tables.
    Tables {
        system: SystemTables,
        data_keys: DataKeyTables,
        realms: RealmTables,
        keys: KeyTables,
        users: UserTables,
        factors: FactorTables,
        subject_keys: SubjectKeyTables,
        roles: RoleTables,
        groups: GroupTables,
        catalogue: CatalogueTables,
        clients: ClientTables,
        sessions: SessionTables,
        grants: GrantTables,
        consents: ConsentTables,
        documents: DocumentTables,
        tickets: TicketTables,
        throttles: ThrottleTables,
        families: FamilyTables,
        revocations: RevocationTables,
        audit: AuditTables,
        changes: ChangeTables,
        jobs: JobTables,
        outbox: OutboxTables,
    }
}

/// Whose turn it is to write.
pub(crate) struct Writer {
    /// Names the unit.
    pub(crate) turn: u64,
    /// From then on the turn may be taken.
    pub(crate) deadline: Instant,
    /// Dropping it lets the next one in.
    pub(crate) _permit: OwnedSemaphorePermit,
}

/// What the lock guards.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) tables: Tables,
    committed: Moment,
    writer: Option<Writer>,
    turns: u64,
    /// Moments that consistent views began at, and how many each.
    pins: BTreeMap<Moment, u32>,
    /// The oldest moment looked at when a unit last committed.
    oldest: Moment,
    pub(crate) seal_key: Option<SealKey>,
}

impl State {
    /// The last commit.
    pub(crate) fn committed(&self) -> Moment {
        self.committed
    }

    /// Keeps what is true now visible until it is unpinned.
    pub(crate) fn pin(&mut self) -> Moment {
        *self.pins.entry(self.committed).or_default() += 1;
        self.committed
    }

    /// Ends a pin.
    pub(crate) fn unpin(&mut self, moment: Moment) {
        if let Some(views) = self.pins.get_mut(&moment) {
            *views -= 1;
            if *views == 0 {
                self.pins.remove(&moment);
            }
        }
    }

    /// Begins a unit that holds the permit, and names it.
    pub(crate) fn begin(&mut self, permit: OwnedSemaphorePermit, deadline: Instant) -> u64 {
        self.turns += 1;
        self.writer = Some(Writer {
            turn: self.turns,
            deadline,
            _permit: permit,
        });
        self.turns
    }

    /// When the present turn may be taken.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.writer.as_ref().map(|writer| writer.deadline)
    }

    /// The moment that the unit reads and writes at, while it is its turn. A unit that is
    /// overdue is rolled back here at the latest.
    pub(crate) fn moment_of(&self, turn: u64) -> Result<Moment, StoreError> {
        match &self.writer {
            Some(writer) if writer.turn == turn && Instant::now() < writer.deadline => {
                Ok(self.committed.next())
            }
            _ => Err(StoreError::unavailable("the unit's time is over")),
        }
    }

    /// Rolls the present unit back if it is overdue.
    pub(crate) fn take_overdue_turn(&mut self) {
        if self
            .deadline()
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            self.roll_back();
        }
    }

    /// Rolls the unit back if it is still its turn.
    pub(crate) fn abandon(&mut self, turn: u64) {
        if self
            .writer
            .as_ref()
            .is_some_and(|writer| writer.turn == turn)
        {
            self.roll_back();
        }
    }

    fn roll_back(&mut self) {
        self.tables.settle(Verdict::Forget(self.committed.next()));
        self.writer = None;
    }

    /// Seals and commits the unit.
    pub(crate) fn commit(&mut self, turn: u64) -> Result<(), StoreError> {
        let moment = self.moment_of(turn)?;
        if let Some(key) = &self.seal_key {
            self.tables.audit.seal(moment, key);
        }
        self.committed = moment;
        let oldest = self.pins.keys().next().copied().unwrap_or(moment);
        let moved = oldest != self.oldest;
        self.oldest = oldest;
        self.tables.settle(Verdict::Keep { oldest, moved });
        self.writer = None;
        Ok(())
    }
}
