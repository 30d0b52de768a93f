//! The tables as SeaORM entities: a row struct per table, private to this crate, and beside it
//! what turns a row into the domain's value and back.
//!
//! A row holds only what its columns hold: bytes, text, bigints and flags. What is stored and
//! does not parse is [`StoreError::Broken`], never a panic: somebody changed the database by
//! hand, or a newer release wrote it.
//!
//! [`StoreError::Broken`]: gatelodge_ports::StoreError::Broken

#![expect(
    unreachable_pub,
    reason = "SeaORM's derives make public items, whatever the module"
)]

/// What is the same of every table.
pub(crate) trait Table {
    /// SeaORM's entity.
    type Entity: sea_orm::EntityTrait;

    /// The text of an INSERT of one row, all columns.
    fn insertion() -> &'static crate::shape::Shape;

    /// The cells of a row, in the order of the columns.
    fn values(self) -> Vec<sea_orm::Value>;
}

/// Declares a table: its row, SeaORM's entity, and, unless its rows are never read back as such,
/// how a row is read from a result.
macro_rules! table {
    (
        $(#[$about:meta])+
        $table:literal { $($(#[$meta:meta])* $column:ident: $type:ty,)+ }
    ) => {
        table! { $(#[$about])+ $table never read { $($(#[$meta])* $column: $type,)+ } }

        impl Model {
            /// The row that a SELECT of all columns, in their order, stands on.
            pub(crate) fn read(
                row: &crate::row::Row<'_>,
            ) -> Result<Self, gatelodge_ports::StoreError> {
                let mut place = 0..;
                Ok(Self { $($column: row.at(place.next().unwrap_or_default(), stringify!($column))?,)+ })
            }
        }
    };
    (
        $(#[$about:meta])+
        $table:literal never read { $($(#[$meta:meta])* $column:ident: $type:ty,)+ }
    ) => {
        use sea_orm::entity::prelude::{
            ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
            EnumIter, PrimaryKeyTrait,
        };

        $(#[$about])+
        #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
        #[sea_orm(table_name = $table)]
        pub struct Model { $($(#[$meta])* pub $column: $type,)+ }

        /// Rows are joined by nothing but their realm and ids, written out where it is done.
        #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
        pub enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}

        impl crate::entities::Table for Model {
            type Entity = Entity;

            fn insertion() -> &'static crate::shape::Shape {
                static SHAPE: crate::shape::Shape = crate::shape::Shape::new();
                &SHAPE
            }

            fn values(self) -> Vec<sea_orm::Value> {
                vec![$(self.$column.into(),)+]
            }
        }
    };
}

pub(crate) mod api;
pub(crate) mod audit_event;
pub(crate) mod audit_seal;
pub(crate) mod cell;
pub(crate) mod change;
pub(crate) mod client;
pub(crate) mod client_metadata;
pub(crate) mod consent;
pub(crate) mod data_key;
pub(crate) mod factor;
pub(crate) mod grant;
pub(crate) mod group;
pub(crate) mod group_member;
pub(crate) mod job;
pub(crate) mod message;
pub(crate) mod password;
pub(crate) mod password_history;
pub(crate) mod permission;
pub(crate) mod realm;
pub(crate) mod realm_document;
pub(crate) mod recovery_code;
pub(crate) mod refresh_family;
pub(crate) mod revocation;
pub(crate) mod role;
pub(crate) mod role_holder;
pub(crate) mod role_include;
pub(crate) mod scope;
pub(crate) mod session;
pub(crate) mod signing_key;
pub(crate) mod subject_key;
pub(crate) mod system_fact;
pub(crate) mod throttle;
pub(crate) mod ticket;
pub(crate) mod user;
pub(crate) mod user_schema;
pub(crate) mod watermark;
