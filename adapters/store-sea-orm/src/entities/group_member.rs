//! Table `group_members`.

table! {
    /// A row of `group_members`: a person in a group.
    "group_members" never read {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        group_id: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
    }
}
