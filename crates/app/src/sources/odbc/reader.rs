//! The thread that talks to the driver: connects, runs the queries, and hands blocks of rows over.
//!
//! It is a thread of its own and not one of the runtime's, because a driver that hangs must not keep the program from
//! ending.
//!
//! Not here: what becomes of the rows.
//!
//! Invariant: a field that did not fit is marked as cut, never taken for whole.
//! Invariant: what a driver says is handed on without the password.

use std::time::Duration;

use csv::ByteRecord;
use odbc_api::buffers::{Indicator, TextRowSet};
use odbc_api::{Connection, ConnectionOptions, Cursor, ResultSetMetadata, environment};
use reconcile::keys::Text;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::super::error::{DriverError, SourceError};
use super::super::{Table, queries};
use super::attributes::connection_string;
use super::product::Product;
use crate::config::OdbcPlace;

/// How long a database may take to let us in.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a field is read, in bytes: in any encoding more than the longest that is accepted (`field.rs`). What a
/// driver says of the width of a column is not asked, for some do not know it.
const FIELD_BYTES_MAX: usize = 4_096;

/// How much memory a block may take, in bytes.
const BLOCK_BYTES_MAX: usize = 16 << 20;

/// How many blocks wait for the other side.
const BLOCKS_WAITING_MAX: usize = 2;

/// What the thread hands over.
pub(super) enum Piece {
    /// The database let us in.
    Connected,
    /// It did not.
    Unreachable(DriverError),
    /// A query is answered: the names of its columns.
    Columns(Table, Vec<Text>),
    /// Some of its rows.
    Rows(Vec<Fetched>),
    /// All of its rows were told.
    EndOfTable,
    /// A query failed.
    Failed(&'static str, DriverError),
    /// Everything was read.
    End,
}

/// A row.
pub(super) struct Fetched {
    /// Its fields; empty for NULL.
    pub(super) record: ByteRecord,
    /// The first column whose field did not fit.
    pub(super) cut: Option<usize>,
}

/// Nobody listens any more.
struct Unheard;

/// Starts the thread.
pub(super) fn start(
    place: &OdbcPlace,
    name: &str,
    patience: Duration,
) -> Result<Receiver<Piece>, SourceError> {
    let password = match &place.password {
        Some(reference) => {
            let failed = |source| SourceError::Password { name: name.into(), source };
            Some(reference.resolve_text().map_err(failed)?)
        }
        None => None,
    };
    let (pieces, received) = channel(BLOCKS_WAITING_MAX);
    let reader = Reader {
        connection_string: connection_string(place, password.as_deref()),
        password,
        place: place.clone(),
        patience,
        pieces,
    };
    let started = std::thread::Builder::new().name("odbc".into()).spawn(move || {
        // Whoever no longer listens needs no answer.
        let _unheard = reader.read();
    });
    match started {
        Ok(_runs_by_itself) => Ok(received),
        Err(error) => {
            let source = DriverError(format!("no thread for the driver: {error}"));
            Err(SourceError::OdbcConnect { name: name.into(), origin: place.origin.to_string(), source })
        }
    }
}

struct Reader {
    place: OdbcPlace,
    connection_string: String,
    password: Option<String>,
    patience: Duration,
    pieces: Sender<Piece>,
}

impl Reader {
    fn tell(&self, piece: Piece) -> Result<(), Unheard> {
        self.pieces.blocking_send(piece).map_err(|_| Unheard)
    }

    /// What the driver says, in one line and without the password.
    fn words(&self, error: &odbc_api::Error) -> DriverError {
        let mut words = error.to_string().replace(['\r', '\n'], " ");
        if let Some(password) = self.password.as_deref().filter(|password| !password.is_empty()) {
            words = words.replace(password, "***");
        }
        DriverError(words)
    }

    fn read(&self) -> Result<(), Unheard> {
        let connection = match self.connect() {
            Ok(connection) => connection,
            Err(error) => return self.tell(Piece::Unreachable(error)),
        };
        self.tell(Piece::Connected)?;
        for (table, query) in queries(&self.place.queries) {
            match self.read_query(&connection, table, query) {
                Ok(told) => told?,
                Err(error) => return self.tell(Piece::Failed(table.as_str(), self.words(&error))),
            }
        }
        // Nothing was written; a connection that ends inside a transaction would be complained of.
        let _rolled_back = connection.rollback();
        self.tell(Piece::End)
    }

    fn connect(&self) -> Result<Connection<'static>, DriverError> {
        let words = |error| self.words(&error);
        let options = ConnectionOptions {
            login_timeout_sec: Some(u32::try_from(self.patience.as_secs().max(1)).unwrap_or(u32::MAX)),
            ..ConnectionOptions::default()
        };
        let environment = environment().map_err(words)?;
        let connection =
            environment.connect_with_connection_string(&self.connection_string, options).map_err(words)?;
        let product = Product::of(&connection.database_management_system_name().map_err(words)?);
        let opening = product.opening(self.place.schema.as_deref()).map_err(DriverError)?;
        connection.set_autocommit(false).map_err(words)?;
        for statement in opening {
            connection.execute(&statement, (), None).map_err(words)?;
        }
        Ok(connection)
    }

    /// Runs one query. The outer error is the driver's.
    fn read_query(
        &self,
        connection: &Connection<'_>,
        table: Table,
        query: &str,
    ) -> Result<Result<(), Unheard>, odbc_api::Error> {
        let Some(mut cursor) = connection.execute(query, (), None)? else {
            // No SELECT: there is no column, which is told as a header that lacks all of them.
            return Ok(self.tell(Piece::Columns(table, Vec::new())));
        };
        let names: Vec<Text> = cursor
            .column_names()?
            .map(|name| Ok(name?.as_str().into()))
            .collect::<Result<_, odbc_api::Error>>()?;
        let columns = names.len();
        let row_bytes = (FIELD_BYTES_MAX + 1 + size_of::<isize>()) * columns.max(1);
        let rows_max = (BLOCK_BYTES_MAX / row_bytes).clamp(1, self.place.prefetch_rows.max(1));
        let buffer = TextRowSet::from_max_str_lens(rows_max, (0..columns).map(|_| FIELD_BYTES_MAX))?;
        if let Err(unheard) = self.tell(Piece::Columns(table, names)) {
            return Ok(Err(unheard));
        }
        let mut blocks = cursor.bind_buffer(buffer)?;
        while let Some(block) = blocks.fetch()? {
            let rows = (0..block.num_rows()).map(|row| fetched(block, columns, row)).collect();
            if let Err(unheard) = self.tell(Piece::Rows(rows)) {
                return Ok(Err(unheard));
            }
        }
        Ok(self.tell(Piece::EndOfTable))
    }
}

/// One row of a block.
fn fetched(block: &TextRowSet, columns: usize, row: usize) -> Fetched {
    let mut record = ByteRecord::new();
    let mut cut = None;
    for column in 0..columns {
        let is_whole = match block.indicator_at(column, row) {
            Indicator::Null => true,
            Indicator::NoTotal => false,
            Indicator::Length(bytes) => bytes <= block.max_len(column),
        };
        if !is_whole {
            cut = cut.or(Some(column));
        }
        record.push_field(block.at(column, row).unwrap_or_default());
    }
    Fetched { record, cut }
}
