//! Messages as text, and what is said about each item of an answer, found by looking for its elements as text.

use simulators::itslearning::{Account, HttpRequest, Settings, World, answer};

const NAMESPACES: &str = r#"xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:gm="http://www.imsglobal.org/services/gms/xsd/imsGroupManMessSchema_v1p0"
 xmlns:gd="http://www.imsglobal.org/services/gms/xsd/imsGroupManDataSchema_v1p0"
 xmlns:mm="http://www.imsglobal.org/services/mms/xsd/imsMemberManMessSchema_v1p0"
 xmlns:md="http://www.imsglobal.org/services/mms/xsd/imsMemberManDataSchema_v1p0"
 xmlns:pm="http://www.imsglobal.org/services/pms/xsd/imsPersonManMessSchema_v1p0"
 xmlns:pd="http://www.imsglobal.org/services/pms/xsd/imsPersonManDataSchema_v1p0"
 xmlns:c="http://www.imsglobal.org/services/common/imsCommonSchema_v1p0"
 xmlns:b="http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0"
 xmlns:o="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd""#;

/// A world with its accounts: ours and the one of the recorded messages.
pub(crate) fn world() -> World {
    let mut settings = Settings::default();
    settings.accounts.push(Account::new("demo", "password-for-tests"));
    World::new(settings)
}

/// A whole message around a body.
pub(crate) fn envelope(body: &str) -> String {
    envelope_of("muster", "password-for-tests", body)
}

/// The same, from anybody.
pub(crate) fn envelope_of(username: &str, password: &str, body: &str) -> String {
    format!(
        "<s:Envelope {NAMESPACES}><s:Header>\
         <b:syncRequestHeaderInfo><b:messageIdentifier>msg-1</b:messageIdentifier></b:syncRequestHeaderInfo>\
         <o:Security><o:UsernameToken><o:Username>{username}</o:Username><o:Password>{password}</o:Password>\
         </o:UsernameToken></o:Security></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// The SOAPAction of an operation of the group (gms), membership (mms) or person service (pms).
pub(crate) fn action(operation: &str) -> String {
    let service = match operation {
        _ if operation.contains("ForPerson") && operation.contains("Group") => "gms",
        _ if operation.contains("Membership") => "mms",
        _ if operation.contains("Person") => "pms",
        _ => "gms",
    };
    format!("\"http://www.imsglobal.org/soap/{service}/{operation}\"")
}

/// What was said.
pub(crate) struct Said {
    /// One for each item: `success`, `success/partialdatastorage`, `failure/invaliddata`.
    pub(crate) statuses: Vec<String>,
    /// The whole answer.
    pub(crate) text: String,
}

impl Said {
    /// The texts in the elements of a name, whatever its namespace.
    pub(crate) fn all(&self, element: &str) -> Vec<String> {
        texts(&self.text, element)
    }
}

/// Sends a request with this inside its request element.
pub(crate) fn ask(world: &mut World, operation: &str, inside: &str) -> Said {
    let prefix = match &*action(operation) {
        action if action.contains("/gms/") => "gm",
        action if action.contains("/mms/") => "mm",
        _ => "pm",
    };
    let body = format!("<{prefix}:{operation}Request>{inside}</{prefix}:{operation}Request>");
    let answer = answer(world, &HttpRequest::post(&action(operation), &envelope(&body)));
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    said(&answer.body)
}

/// Reads an answer as text.
pub(crate) fn said(body: &[u8]) -> Said {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let items = texts(&text, "statusInfo");
    let statuses = items.iter().map(|status| {
        let major = texts(status, "codeMajor").concat();
        match texts(status, "codeMinorValue").first() {
            Some(minor) => format!("{major}/{minor}"),
            None => major,
        }
    });
    let statuses = statuses.collect();
    Said { statuses, text }
}

/// What stands in each element of a name.
fn texts(text: &str, element: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), text);
    let end = format!("</{element}>");
    while let Some(at) = rest.find(&format!("<{element}")) {
        rest = &rest[at + element.len() + 1..];
        let Some(opened) = rest.find('>') else { break };
        let is_it = rest.starts_with('>') || rest.starts_with(' ');
        let is_empty = rest[..opened].ends_with('/');
        rest = &rest[opened + 1..];
        if is_it && !is_empty {
            found.push(rest[..rest.find(&end).unwrap()].to_owned());
        }
    }
    found
}

/// A group in a request: `(key, parent, type, title)` and extension fields. An empty type, parent or title is left out.
pub(crate) fn group(key: &str, parent: &str, kind: &str, title: &str, fields: &[(&str, &str)]) -> String {
    format!("{}<gm:group>{}</gm:group>", sourced_id("gm", key), group_inside(parent, kind, title, fields))
}

pub(crate) fn group_inside(parent: &str, kind: &str, title: &str, fields: &[(&str, &str)]) -> String {
    let kind = match kind {
        "" => String::new(),
        kind => format!(
            "<gd:groupType><gd:scheme>ItslearningOrganisationTypes</gd:scheme>\
             <gd:typeValue><gd:type>{kind}</gd:type></gd:typeValue></gd:groupType>"
        ),
    };
    let parent = match parent {
        "" => String::new(),
        parent => format!(
            "<gd:relationship><gd:relation>Parent</gd:relation>\
             <gd:sourceId><c:identifier>{parent}</c:identifier></gd:sourceId></gd:relationship>"
        ),
    };
    let title = match title {
        "" => String::new(),
        title => format!("<gd:description><gd:descShort>{title}</gd:descShort></gd:description>"),
    };
    let fields: String = fields.iter().map(|(name, value)| field(name, value)).collect();
    format!("{kind}{parent}{title}<gd:extension>{fields}</gd:extension>")
}

pub(crate) fn field(name: &str, value: &str) -> String {
    format!(
        "<c:extensionField><c:fieldName>{name}</c:fieldName><c:fieldType>String</c:fieldType>\
         <c:fieldValue>{value}</c:fieldValue></c:extensionField>"
    )
}

pub(crate) fn sourced_id(prefix: &str, key: &str) -> String {
    format!("<{prefix}:sourcedId><c:identifier>{key}</c:identifier></{prefix}:sourcedId>")
}

/// A set of keys.
pub(crate) fn keys(prefix: &str, keys: &[&str]) -> String {
    let keys: String = keys.iter().map(|key| format!("<c:identifier>{key}</c:identifier>")).collect();
    format!("<{prefix}:sourcedIdSet>{keys}</{prefix}:sourcedIdSet>")
}

/// Pairs of old and new keys.
pub(crate) fn changes(prefix: &str, pairs: &[(&str, &str)]) -> String {
    let pair = |(old, new): &(&str, &str)| {
        format!(
            "<c:identifierPair><c:firstId>{old}</c:firstId><c:secondId>{new}</c:secondId></c:identifierPair>"
        )
    };
    let pairs: String = pairs.iter().map(pair).collect();
    format!("<{prefix}:pairSourcedIdSet>{pairs}</{prefix}:pairSourcedIdSet>")
}

/// A person in a request.
pub(crate) fn person(key: &str, first: &str, last: &str, more: &str) -> String {
    let part = |part: &str, value: &str| match value {
        "" => String::new(),
        value => format!(
            "<pd:partName><pd:namePartType>{part}</pd:namePartType>\
             <pd:namePartValue>{value}</pd:namePartValue></pd:partName>"
        ),
    };
    format!(
        "{}<pm:person><pd:name>{}{}</pd:name>{more}</pm:person>",
        sourced_id("pm", key),
        part("First", first),
        part("Last", last)
    )
}

/// The role of a person in the institution.
pub(crate) fn role(role: &str) -> String {
    format!(
        "<pd:institutionRole><pd:institutionRoleType>{role}</pd:institutionRoleType>\
         <pd:primaryRoleType>true</pd:primaryRoleType></pd:institutionRole>"
    )
}

/// A membership in a request.
pub(crate) fn membership(
    key: &str,
    group: &str,
    person: &str,
    role: &str,
    fields: &[(&str, &str)],
) -> String {
    let fields: String = fields.iter().map(|(name, value)| field(name, value)).collect();
    let group = match group {
        "" => String::new(),
        group => format!("<md:groupSourcedId><c:identifier>{group}</c:identifier></md:groupSourcedId>"),
    };
    let role = match role {
        "" => String::new(),
        role => format!(
            "<md:role><md:roleType>{role}</md:roleType><md:extension>{fields}</md:extension></md:role>"
        ),
    };
    let person = match person {
        "" => String::new(),
        person => format!("<md:memberSourcedId><c:identifier>{person}</c:identifier></md:memberSourcedId>"),
    };
    format!(
        "{}<mm:membership>{group}<md:member>{person}<md:idType>Person</md:idType>{role}</md:member></mm:membership>",
        sourced_id("mm", key)
    )
}
