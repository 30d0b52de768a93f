//! [`Tickets`]: each verb is one conditional statement whose row count, or returned row, says
//! who won; only who lost reads afterwards to learn why.
//!
//! A ticket that is void is a row that is gone; one that was used stays until it is swept, so
//! that a replay shows as one.

use async_trait::async_trait;
use gatelodge_domain::ticket::{TicketKind, TicketState};
use gatelodge_domain::{Grant, Id, Realm, Revision, Subject, Ticket, Timestamp};
use gatelodge_ports::StoreError;
use gatelodge_ports::store::{
    FindTickets, Issued, Moved, Polled, Redeemed, Remembered, Struck, TicketKey, Tickets,
};
use sea_orm::sea_query::{Expr, ExprTrait as _, InsertStatement, OnConflict, UpdateStatement};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, QueryTrait as _, Value,
};

use super::statement::{delete_some, return_rows};
use crate::entities::Table as _;
use crate::entities::cell;
use crate::entities::ticket::{Column, Entity, Model};
use crate::shape::Shape;
use crate::view::{Access, View, Write};

impl<A: Access> View<A> {
    async fn peek_ticket(&mut self, key: TicketKey) -> Result<Option<Ticket>, StoreError> {
        static SHAPE: Shape = Shape::new();
        let query = SHAPE.with(self.executor.backend(), values_of(key).to_vec(), |_| {
            Entity::find().filter(one(key)).into_query()
        });
        self.executor
            .fetch_one_raw(query, |row| Model::read(row)?.ticket())
            .await
    }
}

#[async_trait]
impl<A: Access> FindTickets for View<A> {
    async fn peek(&mut self, key: TicketKey) -> Result<Option<Ticket>, StoreError> {
        self.peek_ticket(key).await
    }

    async fn peek_alias(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        alias: &str,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StoreError> {
        let key = of(realm, kind)
            .add(Column::Alias.eq(alias))
            .add(Column::ExpiresAt.gt(now.as_millis()));
        let query = Entity::find().filter(key).into_query();
        self.executor
            .fetch_one(&query, |row| Model::read(row)?.ticket())
            .await
    }

    async fn count(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let theirs = of(realm, kind)
            .add(about(subject))
            .add(Column::ExpiresAt.gt(now.as_millis()));
        let query = Entity::find()
            .select_only()
            .expr(Expr::col(Column::Digest).count())
            .filter(theirs)
            .into_query();
        let count = self
            .executor
            .fetch_one(&query, |row| cell::number(row.first()?))
            .await?;
        Ok(count.unwrap_or(0))
    }
}

#[async_trait]
impl Tickets for View<Write> {
    async fn issue(&mut self, ticket: &Ticket) -> Result<Issued, StoreError> {
        static SHAPE: Shape = Shape::new();
        let insert = SHAPE.with(self.executor.backend(), Model::of(ticket).values(), |_| {
            insert_if_free(ticket)
        });
        if self.executor.execute_raw(insert).await? > 0 {
            return Ok(Issued::Done);
        }
        let insert = insert_if_free(ticket);
        let mut holders =
            Condition::any().add(Column::Digest.eq(ticket.digest.as_bytes().to_vec()));
        if let Some(alias) = &ticket.alias {
            holders = holders.add(Column::Alias.eq(alias.as_str()));
        }
        let expired = Entity::delete_many()
            .filter(of(ticket.realm, ticket.kind))
            .filter(Column::ExpiresAt.lte(ticket.created_at.as_millis()))
            .filter(holders)
            .into_query();
        if self.executor.execute(&expired).await? > 0 && self.executor.execute(&insert).await? > 0 {
            return Ok(Issued::Done);
        }
        Ok(Issued::Collision)
    }

    async fn redeem(&mut self, key: TicketKey, now: Timestamp) -> Result<Redeemed, StoreError> {
        static SHAPE: Shape = Shape::new();
        let [realm, kind, digest] = values_of(key);
        let (state, at) = (TicketState::Ready.as_str(), now.as_millis());
        let values = vec![
            at.into(),
            realm,
            kind,
            digest,
            state.into(),
            at.into(),
            at.into(),
        ];
        let update = SHAPE.with(self.executor.backend(), values, |_| redemption(key, now));
        let won = self
            .executor
            .fetch_one_raw(update, |row| Model::read(row)?.ticket())
            .await?;
        if let Some(ticket) = won {
            return Ok(Redeemed::Fresh(ticket));
        }
        Ok(match self.peek_ticket(key).await? {
            Some(ticket) if ticket.redeemed_at.is_some() => Redeemed::Replayed(ticket),
            Some(ticket) if ticket.expires_at <= now => Redeemed::Expired,
            Some(_) | None => Redeemed::Unknown,
        })
    }

    async fn advance(
        &mut self,
        key: TicketKey,
        (state, revision): (TicketState, Revision),
        to: Ticket,
    ) -> Result<Moved, StoreError> {
        let row = Model::of(&to);
        let mut change = Entity::update_many()
            .col_expr(Column::State, Expr::value(row.state))
            .col_expr(Column::Payload, Expr::value(row.payload))
            .col_expr(Column::Revision, Expr::col(Column::Revision).add(1_i64));
        if to.subject.is_some() {
            change = change
                .col_expr(Column::SubjectKind, Expr::value(row.subject_kind))
                .col_expr(Column::Subject, Expr::value(row.subject));
        }
        if to.grant.is_some() {
            change = change.col_expr(Column::GrantId, Expr::value(row.grant_id));
        }
        let mut update = change
            .filter(one(key))
            .filter(Column::State.eq(state.as_str()))
            .filter(Column::Revision.eq(i64::from(revision.0)))
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        return_rows::<Entity>(&mut update);
        let moved = self
            .executor
            .fetch_one(&update, |row| Model::read(row)?.ticket())
            .await?;
        Ok(moved.map_or(Moved::Stale, Moved::Done))
    }

    async fn poll(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        interval_ms: u32,
    ) -> Result<Polled, StoreError> {
        let interval = i64::from(interval_ms);
        let mut update = Entity::update_many()
            .col_expr(
                Column::NotBefore,
                Expr::value(now.as_millis().saturating_add(interval)),
            )
            .filter(one(key))
            .filter(Column::NotBefore.lte(now.as_millis()))
            .filter(Column::ExpiresAt.gt(now.as_millis()))
            .into_query();
        return_rows::<Entity>(&mut update);
        let counted = self
            .executor
            .fetch_one(&update, |row| Model::read(row)?.ticket())
            .await?;
        if let Some(ticket) = counted {
            return Ok(Polled::Ready(ticket));
        }
        let slow_down = Entity::update_many()
            .col_expr(
                Column::NotBefore,
                Expr::col(Column::NotBefore).add(interval),
            )
            .filter(one(key))
            .filter(Column::ExpiresAt.gt(now.as_millis()))
            .into_query();
        if self.executor.execute(&slow_down).await? > 0 {
            return Ok(Polled::TooSoon);
        }
        let found = self.peek_ticket(key).await?;
        Ok(if found.is_some() {
            Polled::Expired
        } else {
            Polled::Unknown
        })
    }

    async fn strike(&mut self, key: TicketKey) -> Result<Struck, StoreError> {
        let mut update = Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1_i64))
            .filter(one(key))
            .filter(Column::Attempts.gt(1_i64))
            .into_query();
        update.returning_col(Column::Attempts);
        let left = self
            .executor
            .fetch_one(&update, |row| cell::number(row.first()?))
            .await?;
        if let Some(left) = left {
            return Ok(Struck::Left(left));
        }
        self.revoke(key).await?;
        Ok(Struck::Exhausted)
    }

    async fn remember(
        &mut self,
        key: TicketKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Remembered, StoreError> {
        let remembered = Ticket {
            kind: key.kind,
            digest: key.digest,
            alias: None,
            realm: key.realm,
            grant: None,
            subject: None,
            client: None,
            session: None,
            state: TicketState::Ready,
            revision: Revision::FIRST,
            attempts: 0,
            not_before: now,
            payload: Vec::new(),
            created_at: now,
            expires_at: until,
            redeemed_at: None,
        };
        Ok(match self.issue(&remembered).await? {
            Issued::Done => Remembered::First,
            Issued::Collision => Remembered::Again,
        })
    }

    async fn revoke(&mut self, key: TicketKey) -> Result<bool, StoreError> {
        let delete = Entity::delete_many()
            .filter(one(key))
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        self.executor.execute(&delete).await.map(|rows| rows > 0)
    }

    async fn revoke_grant(
        &mut self,
        realm: Id<Realm>,
        grant: Id<Grant>,
    ) -> Result<u64, StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(Column::GrantId.eq(cell::bytes_of(grant)))
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        self.executor.execute(&delete).await
    }

    async fn revoke_grants(
        &mut self,
        realm: Id<Realm>,
        grants: &[Id<Grant>],
    ) -> Result<u64, StoreError> {
        if grants.is_empty() {
            return Ok(0);
        }
        let theirs = Column::GrantId.is_in(grants.iter().map(|grant| cell::bytes_of(*grant)));
        let delete = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(theirs)
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        self.executor.execute(&delete).await
    }

    async fn revoke_subject(
        &mut self,
        realm: Id<Realm>,
        subject: Subject,
    ) -> Result<u64, StoreError> {
        let delete = Entity::delete_many()
            .filter(Column::Realm.eq(cell::bytes_of(realm)))
            .filter(about(subject))
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        self.executor.execute(&delete).await
    }

    async fn revoke_kind_of(
        &mut self,
        realm: Id<Realm>,
        kind: TicketKind,
        subject: Subject,
    ) -> Result<u64, StoreError> {
        let delete = Entity::delete_many()
            .filter(of(realm, kind))
            .filter(about(subject))
            .filter(Column::RedeemedAt.is_null())
            .into_query();
        self.executor.execute(&delete).await
    }

    async fn sweep(&mut self, before: Timestamp, limit: u16) -> Result<u64, StoreError> {
        let expired = Column::ExpiresAt.lt(before.as_millis());
        self.executor
            .execute(&delete_some::<Entity>(expired, u64::from(limit)))
            .await
    }
}

/// Inserts unless digest or alias is taken. A taken one is an outcome, and an error would end
/// the transaction on PostgreSQL.
fn insert_if_free(ticket: &Ticket) -> InsertStatement {
    let mut insert = Entity::insert(Model::of(ticket).into_active_model()).into_query();
    insert.on_conflict(OnConflict::new().do_nothing().to_owned());
    insert
}

fn redemption(key: TicketKey, now: Timestamp) -> UpdateStatement {
    let mut update = Entity::update_many()
        .col_expr(Column::RedeemedAt, Expr::value(now.as_millis()))
        .filter(one(key))
        .filter(Column::RedeemedAt.is_null())
        .filter(Column::State.eq(TicketState::Ready.as_str()))
        .filter(Column::NotBefore.lte(now.as_millis()))
        .filter(Column::ExpiresAt.gt(now.as_millis()))
        .into_query();
    return_rows::<Entity>(&mut update);
    update
}

fn of(realm: Id<Realm>, kind: TicketKind) -> Condition {
    Condition::all()
        .add(Column::Realm.eq(cell::bytes_of(realm)))
        .add(Column::Kind.eq(kind.as_str()))
}

fn one(key: TicketKey) -> Condition {
    of(key.realm, key.kind).add(Column::Digest.eq(key.digest.as_bytes().to_vec()))
}

/// The values of [`one`].
fn values_of(key: TicketKey) -> [Value; 3] {
    [
        cell::bytes_of(key.realm).into(),
        key.kind.as_str().into(),
        key.digest.as_bytes().to_vec().into(),
    ]
}

fn about(subject: Subject) -> Condition {
    Condition::all()
        .add(Column::Subject.eq(cell::bytes_of_bits(subject.bits())))
        .add(Column::SubjectKind.eq(subject.kind()))
}
