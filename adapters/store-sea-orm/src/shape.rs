//! Statements whose text is always the same, rendered once.
//!
//! Building a statement and rendering it costs as much as running it on a row that is in memory.
//! So those on the roads of tokens and sign-ins keep their text, per dialect, and hand over their
//! values alone. Debug builds build such a statement each time and compare: whoever changes one
//! and forgets its values, or gives a text that is not always the same, hears of it from the
//! first test on that road.

use std::sync::OnceLock;

use sea_orm::{DbBackend, Statement, StatementBuilder, Value};

/// The text of one statement; made where the statement is, as a `static`.
pub(crate) struct Shape {
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Shape {
    /// Not rendered yet.
    pub(crate) const fn new() -> Self {
        Self {
            sqlite: OnceLock::new(),
            postgres: OnceLock::new(),
        }
    }

    /// The statement with these values, which are in the order in which the text names them.
    pub(crate) fn with<S: StatementBuilder>(
        &self,
        backend: DbBackend,
        values: Vec<Value>,
        build: impl Fn(&[Value]) -> S,
    ) -> Statement {
        let text = match backend {
            DbBackend::Postgres => &self.postgres,
            _ => &self.sqlite,
        };
        let text = text.get_or_init(|| build(&values).build(&backend).sql);
        let statement = Statement::from_sql_and_values(backend, text, values);
        if cfg!(debug_assertions) {
            let values = statement.values.as_ref().map_or(&[][..], |all| &all.0);
            debug_assert_eq!(statement, build(values).build(&backend));
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};

    use super::*;

    fn one_of_two(second: bool, key: i64) -> SelectStatement {
        let column = if second { "b" } else { "a" };
        Query::select()
            .column("k")
            .from("t")
            .and_where(Expr::col(column).eq(key))
            .take()
    }

    #[test]
    fn a_shape_renders_as_its_statement_does() {
        static SHAPE: Shape = Shape::new();
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            for key in [1, 2] {
                let shaped = SHAPE.with(backend, vec![key.into()], |_| one_of_two(false, key));
                let built = StatementBuilder::build(&one_of_two(false, key), &backend);
                assert_eq!(shaped, built);
            }
        }
    }

    #[test]
    #[should_panic(expected = "assertion")]
    fn a_text_that_is_not_always_the_same_is_found() {
        static SHAPE: Shape = Shape::new();
        for second in [false, true] {
            SHAPE.with(DbBackend::Sqlite, vec![1_i64.into()], |_| {
                one_of_two(second, 1)
            });
        }
    }

    #[test]
    #[should_panic(expected = "assertion")]
    fn values_in_another_order_are_found() {
        static SHAPE: Shape = Shape::new();
        SHAPE.with(DbBackend::Sqlite, vec![2_i64.into()], |_| {
            one_of_two(false, 1)
        });
    }
}
