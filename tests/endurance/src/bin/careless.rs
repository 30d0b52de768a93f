//! A server that promises durability and keeps it as far as a pragma says: the twin of the real
//! one, by which the checker of [`gatelodge_endurance::power`] is shown to tell `FULL` from
//! `NORMAL`.
//!
//! `careless FILE FULL|NORMAL`: prints its port, and answers a line with an id by an answer that
//! bears it, after a commit that bears it, until it reads an empty line.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::ExitCode;

use rusqlite::Connection;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [file, synchronous] = words.as_slice() else {
        eprintln!("Usage: careless FILE FULL|NORMAL");
        return ExitCode::from(2);
    };
    match serve(file, synchronous) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("careless: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &str, synchronous: &str) -> Result<(), Box<dyn std::error::Error>> {
    let connection = Connection::open(file)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; CREATE TABLE IF NOT EXISTS promises (id TEXT)"
    ))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    let (mut stream, _) = listener.accept()?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(id) = lines.next().transpose()? {
        if id.is_empty() {
            break;
        }
        connection.execute("INSERT INTO promises VALUES (?1)", [&id])?;
        stream.write_all(format!("x-request-id: {id}\n").as_bytes())?;
    }
    Ok(())
}
