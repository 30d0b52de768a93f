//! The error table: one function per engine that says what a failed call means to its caller.

use std::error::Error;

use gatelodge_ports::StoreError;
use gatelodge_ports::store::Duplicate;
use rusqlite::ErrorCode;
use sea_orm::{DbErr, RuntimeErr};

/// `StoreError` of a failed call on the embedded engine.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => from_sqlite_constraint(error),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Contended,
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OperationInterrupted,
        ) => StoreError::Unavailable(Box::new(error)),
        _ => StoreError::Broken(Box::new(error)),
    }
}

/// Whether a failed statement was undone alone, so that the transaction around it is intact.
pub(crate) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// Whether another process is in the way.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// SQLite names the columns of a violated key: `UNIQUE constraint failed: realms.slug`.
fn from_sqlite_constraint(error: rusqlite::Error) -> StoreError {
    const UNIQUE: &str = "UNIQUE constraint failed: ";
    let text = error.to_string();
    let Some(columns) = text.find(UNIQUE).map(|start| &text[start + UNIQUE.len()..]) else {
        return StoreError::Broken(Box::new(error));
    };
    let is = |key: &str| columns.split(", ").any(|column| column == key);
    StoreError::Duplicate(if is("realms.slug") {
        Duplicate::RealmSlug
    } else if is("users.username_key") {
        Duplicate::Username
    } else if is("users.email_key") {
        Duplicate::Email
    } else if is("clients.client_id") {
        Duplicate::ClientId
    } else if is("roles.name") {
        Duplicate::RoleName
    } else if is("groups.name") {
        Duplicate::GroupName
    } else if is("apis.identifier") {
        Duplicate::ApiIdentifier
    } else if is("scopes.name") {
        Duplicate::ScopeName
    } else if is("permissions.name") {
        Duplicate::PermissionName
    } else if columns.starts_with("tickets.") || columns.starts_with("index 'tickets_") {
        Duplicate::Ticket
    } else {
        Duplicate::Key
    })
}

/// `StoreError` of a failed call on PostgreSQL, by its SQLSTATE (PostgreSQL manual, appendix A).
pub(crate) fn from_postgres(error: DbErr) -> StoreError {
    let runtime = match &error {
        DbErr::Exec(runtime) | DbErr::Query(runtime) | DbErr::Conn(runtime) => runtime,
        DbErr::ConnectionAcquire(_) => return StoreError::Unavailable(Box::new(error)),
        _ => return StoreError::Broken(Box::new(error)),
    };
    let RuntimeErr::SqlxError(driver) = runtime else {
        return StoreError::Unavailable(Box::new(error));
    };
    let Some(answer) = driver.as_database_error() else {
        return match &**driver {
            sea_orm::sqlx::Error::ColumnDecode { .. }
            | sea_orm::sqlx::Error::ColumnNotFound(_)
            | sea_orm::sqlx::Error::Decode(_)
            | sea_orm::sqlx::Error::Encode(_) => StoreError::Broken(Box::new(error)),
            _ => StoreError::Unavailable(Box::new(error)),
        };
    };
    let code = answer.code().unwrap_or_default().into_owned();
    match code.as_str() {
        "23505" => StoreError::Duplicate(postgres_key(answer.constraint().unwrap_or_default())),
        // serialization failure, deadlock, lock and statement time-outs
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Contended,
        // a statement after a failed one, in the same transaction
        "25P02" | "25P03" => StoreError::Unavailable(Box::new(error)),
        // connection trouble, no resources, operator intervention, system errors
        other
            if ["08", "53", "57", "58"]
                .iter()
                .any(|class| other.starts_with(class)) =>
        {
            StoreError::Unavailable(Box::new(error))
        }
        _ => StoreError::Broken(Box::new(error)),
    }
}

fn postgres_key(constraint: &str) -> Duplicate {
    match constraint {
        "realms_slug_key" => Duplicate::RealmSlug,
        "users_username_key" => Duplicate::Username,
        "users_email_key" => Duplicate::Email,
        "clients_client_id_key" => Duplicate::ClientId,
        "roles_name_key" => Duplicate::RoleName,
        "groups_name_key" => Duplicate::GroupName,
        "apis_identifier_key" => Duplicate::ApiIdentifier,
        "scopes_name_key" => Duplicate::ScopeName,
        "permissions_name_key" => Duplicate::PermissionName,
        other if other.starts_with("tickets_") => Duplicate::Ticket,
        _ => Duplicate::Key,
    }
}

/// A cell that is not what its column promises.
pub(crate) fn undecodable(error: impl Error + Send + Sync + 'static) -> StoreError {
    StoreError::Broken(Box::new(error))
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn failed(setup: &str, statement: &str) -> StoreError {
        crate::sqlite::make_ready();
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(setup).unwrap();
        from_sqlite(connection.execute_batch(statement).unwrap_err())
    }

    #[test]
    fn a_taken_key_is_named() {
        for (table, column, duplicate) in [
            ("realms", "slug", Duplicate::RealmSlug),
            ("users", "username_key", Duplicate::Username),
            ("users", "email_key", Duplicate::Email),
            ("clients", "client_id", Duplicate::ClientId),
            ("roles", "name", Duplicate::RoleName),
            ("groups", "name", Duplicate::GroupName),
            ("tickets", "alias", Duplicate::Ticket),
            ("sessions", "id", Duplicate::Key),
        ] {
            let setup = format!(
                "CREATE TABLE \"{table}\" (realm_id, \"{column}\");
                 CREATE UNIQUE INDEX k ON \"{table}\" (realm_id, \"{column}\");
                 INSERT INTO \"{table}\" VALUES (1, 1);"
            );
            let again = format!("INSERT INTO \"{table}\" VALUES (1, 1)");
            let StoreError::Duplicate(found) = failed(&setup, &again) else {
                panic!("{table}.{column} is not a duplicate");
            };
            assert_eq!(found, duplicate, "{table}.{column}");
        }
    }

    #[test]
    fn a_violated_reference_is_no_duplicate() {
        let setup = "PRAGMA foreign_keys = ON; CREATE TABLE a (id PRIMARY KEY);
                     CREATE TABLE b (a REFERENCES a (id));";
        assert!(matches!(
            failed(setup, "INSERT INTO b VALUES (1)"),
            StoreError::Broken(_)
        ));
    }

    #[test]
    fn a_full_disk_is_unavailable() {
        let setup = "CREATE TABLE a (b); PRAGMA max_page_count = 2;";
        let large = "INSERT INTO a VALUES (zeroblob(1000000))";
        assert!(matches!(failed(setup, large), StoreError::Unavailable(_)));
    }

    #[test]
    fn a_wrong_statement_is_broken() {
        assert!(matches!(
            failed("", "SELECT nothing"),
            StoreError::Broken(_)
        ));
    }

    #[test]
    fn postgres_constraints_name_the_same_keys() {
        assert_eq!(postgres_key("users_email_key"), Duplicate::Email);
        assert_eq!(postgres_key("tickets_pkey"), Duplicate::Ticket);
        assert_eq!(postgres_key("sessions_pkey"), Duplicate::Key);
    }
}
