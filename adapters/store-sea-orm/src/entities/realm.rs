//! Table `realms`.

table! {
    /// A row of `realms`.
    "realms" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Vec<u8>,
        slug: String,
        name: String,
        status: String,
        status_since: Option<i64>,
        settings: String,
        revision: i64,
        created_at: i64,
    }
}
