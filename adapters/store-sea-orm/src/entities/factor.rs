//! Table `factors`.

use gatelodge_domain::factor::Precedence;
use gatelodge_domain::{DisplayName, Factor, FactorKind, Timestamp};
use gatelodge_ports::StoreError;

use super::cell;

table! {
    /// A row of `factors`.
    "factors" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        user_id: Vec<u8>,
        kind: String,
        name: String,
        is_primary: bool,
        secret: Vec<u8>,
        last_step: i64,
        created_at: i64,
        last_used_at: Option<i64>,
        revision: i64,
    }
}

impl Model {
    /// The row of a factor.
    pub(crate) fn of(factor: &Factor) -> Self {
        Self {
            realm: cell::bytes_of(factor.realm),
            id: cell::bytes_of(factor.id),
            user_id: cell::bytes_of(factor.user),
            kind: factor.kind.as_str().to_owned(),
            name: factor.name.as_str().to_owned(),
            is_primary: factor.is_primary(),
            secret: factor.secret.clone(),
            last_step: cell::big(factor.last_step),
            created_at: factor.created_at.as_millis(),
            last_used_at: factor.last_used_at.map(Timestamp::as_millis),
            revision: i64::from(factor.revision.0),
        }
    }

    /// The factor of this row.
    pub(crate) fn factor(self) -> Result<Factor, StoreError> {
        Ok(Factor {
            id: cell::id(&self.id)?,
            realm: cell::id(&self.realm)?,
            user: cell::id(&self.user_id)?,
            kind: cell::known(FactorKind::parse(&self.kind), "kind of factor")?,
            name: cell::valid(DisplayName::parse(&self.name), "name of a factor")?,
            precedence: if self.is_primary {
                Precedence::Primary
            } else {
                Precedence::Further
            },
            secret: self.secret,
            last_step: cell::number(self.last_step)?,
            created_at: Timestamp::from_millis(self.created_at),
            last_used_at: cell::moment_or_none(self.last_used_at),
            revision: cell::revision(self.revision)?,
        })
    }
}
