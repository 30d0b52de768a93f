//! Table `role_holders`.

table! {
    /// A row of `role_holders`: a subject, or a group (kind `group`), that holds a role.
    "role_holders" never read {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        role: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        holder_kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        holder: Vec<u8>,
    }
}

/// The kind of a holder that is a group.
pub(crate) const GROUP: &str = "group";
