//! Table `jobs`.

table! {
    /// A row of `jobs`: who runs a background job, and until when nobody else may.
    "jobs" never read {
        #[sea_orm(primary_key, auto_increment = false)]
        job: String,
        holder: Vec<u8>,
        until: i64,
    }
}
