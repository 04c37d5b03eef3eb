//! How PHP reads a form: `groups[0][name]=A1` becomes a nested array (facts/moodle-ws.md §1.1).
//!
//! Not here: which parameters a function has.
//!
//! Invariant: entries keep the order of their first appearance; of a name given twice the last value wins.
//! Invariant: fields beyond the limit are dropped without a word (§8).

use crate::moodle::parameters::{Key, Parameter, Record};

/// PHP's `max_input_nesting_level`: deeper fields are dropped.
const NESTING_MAX: usize = 64;

/// Reads an urlencoded text, up to so many fields.
pub(super) fn parse_urlencoded(text: &[u8], fields_max: usize) -> Record {
    let mut record = Record::default();
    let fields = text.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
    for field in fields.take(fields_max) {
        let at = field.iter().position(|byte| *byte == b'=');
        let (name, value) = match at {
            Some(at) => (&field[..at], &field[at + 1..]),
            None => (field, &field[field.len()..]),
        };
        insert(&mut record, &decode(name), decode(value));
    }
    record
}

/// Reads a multipart form, up to so many parts. Files are not told apart from fields.
pub(super) fn parse_multipart(body: &[u8], boundary: &str, fields_max: usize) -> Record {
    let mut record = Record::default();
    let delimiter = format!("--{boundary}");
    let mut rest = find(body, delimiter.as_bytes()).map_or(&[][..], |at| &body[at + delimiter.len()..]);
    let closing = format!("\r\n{delimiter}");
    let mut count = 0;
    while let Some(end) = find(rest, closing.as_bytes()).filter(|_| count < fields_max) {
        let part = &rest[..end];
        if let Some(blank) = find(part, b"\r\n\r\n")
            && let Some(name) = part_name(&part[..blank])
        {
            insert(&mut record, name.as_bytes(), part[blank + 4..].to_vec());
            count += 1;
        }
        rest = &rest[end + closing.len()..];
    }
    record
}

/// The boundary inside the content type of a multipart form.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let parameters = content_type.strip_prefix("multipart/form-data")?;
    let boundary = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("boundary="))?;
    Some(boundary.trim_matches('"'))
}

fn part_name(headers: &[u8]) -> Option<String> {
    let headers = String::from_utf8_lossy(headers);
    let (_, after) = headers.split_once("; name=\"")?;
    Some(after.split_once('"')?.0.to_owned())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn decode(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match (byte, after) {
            (b'+', _) => decoded.push(b' '),
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    decoded.push(high * 16 + low);
                    rest = after;
                }
                _ => decoded.push(b'%'),
            },
            (other, _) => decoded.push(*other),
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Sets one field by its decoded name.
fn insert(record: &mut Record, name: &[u8], value: Vec<u8>) {
    let name = String::from_utf8_lossy(name);
    let name = name.trim_start_matches(' ');
    if name.is_empty() {
        return;
    }
    let (first, brackets) = name.split_at(name.find('[').unwrap_or(name.len()));
    if brackets.matches('[').count() <= NESTING_MAX {
        insert_at(record, Key::Name(first.replace(['.', ' '], "_")), brackets, value);
    }
}

/// Sets the value under a key, or deeper if brackets follow. A scalar in the way is replaced.
fn insert_at(record: &mut Record, key: Key, brackets: &str, value: Vec<u8>) {
    let slot = record.entry(key);
    let Some((inside, after)) = brackets.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        *slot = Parameter::Scalar(value);
        return;
    };
    let mut inner = match std::mem::take(slot) {
        Parameter::Array(inner) => inner,
        Parameter::Scalar(_) => Record::default(),
    };
    let key = match inside {
        "" => Key::Index(inner.next_index()),
        text => index(text).map_or_else(|| Key::Name(text.to_owned()), Key::Index),
    };
    insert_at(&mut inner, key, after, value);
    *slot = Parameter::Array(inner);
}

/// PHP turns a key that looks like a decimal integer into one.
fn index(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|index| index.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::{boundary, parse_multipart, parse_urlencoded};
    use crate::moodle::parameters::Record;

    /// The names of a list of records, in the order in which they would be processed.
    fn names(form: &str) -> Vec<String> {
        let mut record = parse_urlencoded(form.as_bytes(), usize::MAX);
        let items = record.records("groups").unwrap();
        items.into_iter().map(|mut item: Record| item.raw("name").unwrap()).collect()
    }

    #[test]
    fn items_keep_the_order_of_their_first_appearance() {
        assert_eq!(names("groups[5][name]=a&groups[2][name]=b&groups%5B5%5D%5Bname%5D=c"), ["c", "b"]);
    }

    #[test]
    fn empty_brackets_number_scalars_but_split_records() {
        let mut record = parse_urlencoded(b"ids[]=4&ids[]=5", usize::MAX);
        assert_eq!(record.ints("ids").unwrap(), [4, 5]);
        let mut record = parse_urlencoded(b"groups[][courseid]=2&groups[][name]=A", usize::MAX);
        assert_eq!(record.records("groups").unwrap().len(), 2);
    }

    #[test]
    fn a_plus_is_a_blank_and_fields_beyond_the_limit_vanish() {
        let mut record = parse_urlencoded(b"a=x+%26%zz&b=1&c=2", 2);
        assert_eq!(record.raw("a").unwrap(), "x &%zz");
        assert_eq!(record.raw("b").unwrap(), "1");
        assert!(record.raw("c").is_err());
    }

    #[test]
    fn a_multipart_form_reads_like_an_urlencoded_one() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"ids[0]\"\r\n\r\n7\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"ids[1]\"\r\n\r\n8\r\n--x--\r\n";
        let boundary = boundary("multipart/form-data; boundary=x").unwrap();
        let read = |fields_max| parse_multipart(body.as_bytes(), boundary, fields_max).ints("ids").unwrap();
        assert_eq!(read(10), [7, 8]);
        assert_eq!(read(1), [7]);
    }
}
