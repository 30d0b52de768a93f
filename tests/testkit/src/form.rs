//! Reading forms out of our own pages: just enough HTML for what askama writes.

/// A form of a page.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Inputs that are sent without doing anything, checked boxes included, as pairs.
    pub fields: Vec<(String, String)>,
    /// Buttons with a name, as pairs.
    pub buttons: Vec<(String, String)>,
}

/// The first `post` form of a page, which is its main task.
pub fn first_post_form(html: &str) -> Option<Form> {
    let mut rest = html;
    while let Some(start) = rest.find("<form") {
        let body = &rest[start..];
        let end = body.find("</form>").unwrap_or(body.len());
        let form = parse(&body[..end]);
        if form.method.eq_ignore_ascii_case("post") {
            return Some(form);
        }
        rest = &body[end..];
    }
    None
}

fn parse(html: &str) -> Form {
    let mut form = Form::default();
    for tag in tags(html) {
        let value_of = |name: &str| attribute(tag, name);
        let named = value_of("name");
        let value = value_of("value").unwrap_or_default();
        if tag.starts_with("<form") {
            form.action = value_of("action").unwrap_or_default();
            form.method = value_of("method").unwrap_or_default();
        } else if tag.starts_with("<button") {
            form.buttons.extend(named.map(|name| (name, value)));
        } else if tag.starts_with("<input") {
            let kind = value_of("type").unwrap_or_default();
            let is_box = kind == "checkbox" || kind == "radio";
            if !is_box || has_attribute(tag, "checked") {
                form.fields.extend(named.map(|name| (name, value)));
            }
        }
    }
    form
}

/// Every tag, quotes respected.
fn tags(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let mut quoted = false;
        let end = rest[start..]
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .map_or(rest.len(), |(at, _)| start + at + 1);
        found.push(&rest[start..end]);
        rest = &rest[end..];
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag
        .find(&format!(" {name}=\""))
        .or_else(|| tag.find(&format!("\n{name}=\"")))?;
    let start = at + name.len() + 3;
    let end = tag[start..].find('"')? + start;
    Some(unescape(&tag[start..end]))
}

fn has_attribute(tag: &str, name: &str) -> bool {
    tag.trim_end_matches(['>', '/'])
        .split_ascii_whitespace()
        .any(|word| word == name || word.starts_with(&format!("{name}=")))
}

/// Undoes what askama escapes.
pub fn unescape(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, character) in [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&#60;", "<"),
        ("&gt;", ">"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(escaped, character);
    }
    plain
}

impl Form {
    /// What a browser sends after the person filled these in (replacing what was there) and
    /// pressed a button.
    pub fn filled(&self, values: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut pairs = self.fields.clone();
        for (name, _) in values {
            pairs.retain(|(key, _)| key != name);
        }
        pairs.extend(
            values
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
        pairs
    }

    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_post_form_is_read_with_its_checked_boxes() {
        let html = r#"<form method="get" action="/x"></form>
            <form class="a" method="post" action="/go?a=1&amp;b=2">
            <input type="hidden" name="csrf" value="1 > 0">
            <input type="checkbox" name="scope" value="email" checked>
            <input type="checkbox" name="scope" value="phone">
            <button name="decision" value="allow">Yes</button></form>"#;
        let form = first_post_form(html).unwrap();
        assert_eq!(form.action, "/go?a=1&b=2");
        assert_eq!(form.field("csrf"), Some("1 > 0"));
        assert_eq!(form.fields.len(), 2);
        assert_eq!(form.buttons, [("decision".to_owned(), "allow".to_owned())]);
    }
}
