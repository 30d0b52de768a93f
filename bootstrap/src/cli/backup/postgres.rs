//! What to do on PostgreSQL, which has better tools of its own than anything we could make.

use crate::stop::Stop;
use gatelodge_domain::SecretText;
use url::Url;

/// How to make a copy there, and why not here.
pub(super) fn instead_of_backup(url: &SecretText) -> Stop {
    let url = without_password(url.expose());
    println!(
        "The database is on PostgreSQL, which makes consistent copies of a running database by\n\
         itself. The password is left out below: put it into ~/.pgpass or PGPASSWORD.\n\
         \n\
         One database, to a file:\n\
         \n    pg_dump --format=custom --no-owner --file=gatelodge.dump '{url}'\n\
         \n\
         A whole server, with the log that brings it to any later moment (keep archiving it):\n\
         \n    pg_basebackup --wal-method=stream --checkpoint=fast --pgdata=base --dbname='{url}'\n\
         \n\
         The master key is in neither: keep a copy of `master.key` of a node's data folder, or of\n\
         the file that --master-key-file names, in another place."
    );
    Stop::failure("nothing was copied: on PostgreSQL use its own tools, as told above")
}

/// How to put a copy back there, and why not here.
pub(in crate::cli) fn instead_of_restore(url: &SecretText) -> Stop {
    let url = without_password(url.expose());
    println!(
        "The database is on PostgreSQL, which puts its own copies back. Stop every node first.\n\
         The password is left out below: put it into ~/.pgpass or PGPASSWORD.\n\
         \n\
         A dump, into an empty database:\n\
         \n    pg_restore --exit-on-error --single-transaction --no-owner --dbname='{url}' gatelodge.dump\n\
         \n\
         A base backup: see \"Recovering Using a Continuous Archive Backup\" in PostgreSQL's manual.\n\
         \n\
         Then, before any node serves: what was rotated or ended after the copy is alive again in\n\
         it. This ends it, records that, and checks the audit trail:\n\
         \n    gatelodge restore --settle --storage postgres --database-url '{url}'"
    );
    Stop::failure("nothing was restored: on PostgreSQL use its own tools, as told above")
}

/// A URL that may be shown. One that does not parse is not shown at all.
pub(in crate::cli) fn without_password(url: &str) -> String {
    let Ok(mut shown) = Url::parse(url) else {
        return "postgres://USER@HOST/DATABASE".to_owned();
    };
    let _ = shown.set_password(None);
    let kept: Vec<(String, String)> = shown
        .query_pairs()
        .filter(|(name, _)| !name.contains("password"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.is_empty() {
        shown.set_query(None);
    } else {
        shown.query_pairs_mut().clear().extend_pairs(kept);
    }
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown_wherever_it_stands() {
        assert_eq!(
            without_password("postgres://u:secret@db.example:5432/gate?sslmode=require"),
            "postgres://u@db.example:5432/gate?sslmode=require"
        );
        let shown =
            without_password("postgres://u@db/gate?host=%2Frun&password=s3cret&sslpassword=x");
        assert_eq!(shown, "postgres://u@db/gate?host=%2Frun");
        // A form that the URL standard does not know is not repeated at all.
        let shown = without_password("postgres://u@/gate?password=s3cret");
        assert!(!shown.contains("s3cret"));
        assert!(!without_password("host=db password=secret").contains("secret"));
    }
}
