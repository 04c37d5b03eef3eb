//! Writes answers and exceptions as JSON or XML, byte for byte as PHP and Moodle do (facts/moodle-ws.md §1, §2).
//!
//! Not here: which of the two (`mod.rs`).

use std::fmt::Write as _;

use crate::moodle::refusal::Exception;
use crate::moodle::value::Value;

/// An answer as JSON.
pub(super) fn json(value: &Value) -> String {
    let mut json = String::new();
    write_json(&mut json, value);
    json
}

/// An exception as JSON.
pub(super) fn json_exception(exception: &Exception) -> String {
    let mut fields = vec![("exception", Value::text(&exception.class))];
    fields.extend(exception.errorcode.map(|code| ("errorcode", Value::text(code))));
    fields.push(("message", Value::text(&exception.message)));
    fields.extend(exception.debuginfo.as_ref().map(|info| ("debuginfo", Value::text(info))));
    json(&Value::Record(fields))
}

fn write_json(json: &mut String, value: &Value) {
    match value {
        Value::Null => json.push_str("null"),
        Value::Bool(true) => json.push_str("true"),
        Value::Bool(false) => json.push_str("false"),
        Value::Int(number) => json.push_str(&number.to_string()),
        Value::Text(text) => write_json_text(json, text),
        Value::List(items) => {
            json.push('[');
            for (position, item) in items.iter().enumerate() {
                json.push_str(if position == 0 { "" } else { "," });
                write_json(json, item);
            }
            json.push(']');
        }
        Value::Record(fields) => {
            json.push('{');
            for (position, (name, value)) in fields.iter().enumerate() {
                json.push_str(if position == 0 { "" } else { "," });
                write_json_text(json, name);
                json.push(':');
                write_json(json, value);
            }
            json.push('}');
        }
    }
}

/// PHP's `json_encode`: ASCII only, and `/` as `\/`.
fn write_json_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '/' => json.push_str("\\/"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{C}' => json.push_str("\\f"),
            ' '..='~' => json.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(json, "\\u{unit:04x}");
                }
            }
        }
    }
    json.push('"');
}

const XML_DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n";

/// An answer as XML.
pub(super) fn xml(value: &Value) -> String {
    let mut xml = format!("{XML_DECLARATION}<RESPONSE>\n");
    if *value != Value::Null {
        write_xml(&mut xml, value);
    }
    xml.push_str("</RESPONSE>\n");
    xml
}

/// An exception as XML.
pub(super) fn xml_exception(exception: &Exception) -> String {
    let mut xml = format!("{XML_DECLARATION}<EXCEPTION class=\"{}\">\n", escaped(&exception.class));
    let elements = [
        ("ERRORCODE", exception.errorcode),
        ("MESSAGE", Some(exception.message.as_str())),
        ("DEBUGINFO", exception.debuginfo.as_deref()),
    ];
    for (name, content) in elements {
        if let Some(content) = content {
            // Writing to a string cannot fail.
            let _ = writeln!(xml, "<{name}>{}</{name}>", escaped(content));
        }
    }
    xml.push_str("</EXCEPTION>\n");
    xml
}

fn write_xml(xml: &mut String, value: &Value) {
    match value {
        Value::Null => xml.push_str("<VALUE null=\"null\"/>\n"),
        Value::Bool(flag) => write_xml(xml, &Value::Int(i64::from(*flag))),
        Value::Int(number) => write_xml(xml, &Value::text(number.to_string())),
        Value::Text(text) => {
            let _ = writeln!(xml, "<VALUE>{}</VALUE>", escaped(text));
        }
        Value::List(items) => {
            xml.push_str("<MULTIPLE>\n");
            for item in items {
                write_xml(xml, item);
            }
            xml.push_str("</MULTIPLE>\n");
        }
        Value::Record(fields) => {
            xml.push_str("<SINGLE>\n");
            for (name, value) in fields {
                let _ = write!(xml, "<KEY name=\"{name}\">");
                write_xml(xml, value);
                xml.push_str("</KEY>\n");
            }
            xml.push_str("</SINGLE>\n");
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{json, xml};
    use crate::moodle::value::Value;

    #[test]
    fn json_is_ascii_with_escaped_slashes() {
        let value = Value::Record(vec![
            ("name", Value::text("<p>é😀\u{1}</p>")),
            ("list", Value::List(vec![Value::Null])),
        ]);
        assert_eq!(json(&value), r#"{"name":"<p>\u00e9\ud83d\ude00\u0001<\/p>","list":[null]}"#);
    }

    #[test]
    fn xml_wraps_values_as_the_rest_server_does() {
        let value = Value::List(vec![Value::Record(vec![("id", Value::Int(5)), ("key", Value::Null)])]);
        let inside = "<MULTIPLE>\n<SINGLE>\n<KEY name=\"id\"><VALUE>5</VALUE>\n</KEY>\n\
                      <KEY name=\"key\"><VALUE null=\"null\"/>\n</KEY>\n</SINGLE>\n</MULTIPLE>\n";
        let expected =
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<RESPONSE>\n{inside}</RESPONSE>\n");
        assert_eq!(xml(&value), expected);
    }
}
