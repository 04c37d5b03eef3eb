//! What came back as lines that people read: the elements of a reply without their namespaces, one a line.
//!
//! Not here: messages as they went over the wire; `--raw` shows those.

/// The elements of a text that `ims_es::keep` wrote. The root says nothing and is left out.
pub(super) fn outline(xml: &str) -> String {
    let (mut lines, mut depth, mut rest) = (Vec::new(), 0_usize, xml);
    while let Some((before, after)) = rest.split_once('<') {
        let text = unescaped(before.trim());
        let Some((tag, behind)) = after.split_once('>') else { break };
        rest = behind;
        if !text.is_empty()
            && let Some(line) = lines.last_mut()
        {
            *line = format!("{line}: {text}");
        }
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        if depth > 0 {
            lines.push(format!("{:indent$}{}", "", local(tag), indent = depth * 2));
        }
        if !tag.ends_with('/') {
            depth += 1;
        }
    }
    lines.join("\n")
}

fn local(tag: &str) -> &str {
    let name = tag.split([' ', '/']).next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::outline;

    #[test]
    fn elements_are_lines_with_their_texts() {
        let xml = "<gm:Reply xmlns:gm='urn:x'><gm:group><gd:title>A &amp; B</gd:title><gd:empty/></gm:group></gm:Reply>";
        assert_eq!(outline(xml), "  group\n    title: A & B\n    empty");
        assert_eq!(outline("<Reply/>"), "");
        assert_eq!(outline("no xml <"), "");
    }
}
