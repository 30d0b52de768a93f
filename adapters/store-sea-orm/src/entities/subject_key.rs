//! Table `subject_keys`.

table! {
    /// A row of `subject_keys`: a person's own key, sealed.
    "subject_keys" {
        #[sea_orm(primary_key, auto_increment = false)]
        realm: Vec<u8>,
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Vec<u8>,
        sealed: Vec<u8>,
    }
}
