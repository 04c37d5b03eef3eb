//! Reads a database as another program does: with plain SQL, without this crate.

use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, Row as _, SqliteConnection};

use crate::place::Place;

/// A row as another program sees it: names of columns and texts.
pub(crate) type ForeignRow = Vec<(String, Option<String>)>;

impl Place {
    /// Reads rows as another program does.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<ForeignRow> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        if self.url().starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(self.url()).await.unwrap();
            let rows = sql.fetch_all(&mut connection).await.unwrap();
            let text = |row: &sqlx::sqlite::SqliteRow, column: usize| row.get_unchecked(column);
            rows.iter().map(|row| columns(row.columns(), |column| text(row, column))).collect()
        } else if self.url().starts_with("mysql") {
            let mut connection = MySqlConnection::connect(self.url()).await.unwrap();
            let rows = sql.fetch_all(&mut connection).await.unwrap();
            let text = |row: &sqlx::mysql::MySqlRow, column: usize| row.get_unchecked(column);
            rows.iter().map(|row| columns(row.columns(), |column| text(row, column))).collect()
        } else {
            let mut connection = PgConnection::connect(self.url()).await.unwrap();
            let rows = sql.fetch_all(&mut connection).await.unwrap();
            let text = |row: &sqlx::postgres::PgRow, column: usize| row.get_unchecked(column);
            rows.iter().map(|row| columns(row.columns(), |column| text(row, column))).collect()
        }
    }
}

fn columns<C: sqlx::Column>(columns: &[C], text: impl Fn(usize) -> Option<String>) -> ForeignRow {
    columns.iter().enumerate().map(|(place, column)| (column.name().to_owned(), text(place))).collect()
}
