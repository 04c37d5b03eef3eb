//! PostgreSQL's way of taking many rows at once: `COPY … FROM STDIN` in its text format
//! (postgresql.org/docs/current/sql-copy.html, "Text Format").

use sqlx::PgConnection;

use super::value::Value;

/// How much is sent at once.
const CHUNK_BYTES: usize = 1 << 16;

/// Copies rows into a table; each has as many values as there are columns.
pub(super) async fn copy_in<const N: usize>(
    connection: &mut PgConnection,
    table: &str,
    columns: &[&str],
    rows: impl Iterator<Item = [Value; N]>,
) -> Result<(), sqlx::Error> {
    let statement = format!("COPY {table} ({}) FROM STDIN", columns.join(", "));
    let mut copy = connection.copy_in_raw(&statement).await?;
    let mut text = String::with_capacity(CHUNK_BYTES * 2);
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push('\t');
            }
            field(&mut text, value);
        }
        text.push('\n');
        if text.len() >= CHUNK_BYTES {
            copy.send(text.as_bytes()).await?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

fn field(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("\\N"),
        Value::Int(number) => text.push_str(&number.to_string()),
        Value::Text(value) => {
            for letter in value.chars() {
                match letter {
                    '\\' => text.push_str("\\\\"),
                    '\t' => text.push_str("\\t"),
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    other => text.push(other),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_the_format_is_escaped() {
        let check = |value: Value, expected: &str| {
            let mut text = String::new();
            field(&mut text, &value);
            assert_eq!(text, expected);
        };
        check(Value::Null, "\\N");
        check(Value::Int(-7), "-7");
        check("\\N".into(), "\\\\N");
        check("a\tb\r\nc\\.".into(), "a\\tb\\r\\nc\\\\.");
        check("é😀".into(), "é😀");
    }
}
