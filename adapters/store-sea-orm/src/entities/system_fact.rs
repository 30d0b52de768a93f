//! Table `system`.

table! {
    /// A row of `system`: a fact about the store by name.
    "system" {
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        value: Vec<u8>,
    }
}
