//! One operation of the document.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// Its stable name: `create_user`.
    pub(crate) id: String,
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// With `{placeholders}`.
    pub(crate) path: String,
    /// What it does; the first sentence says most of it.
    pub(crate) summary: String,
    /// What it takes beside a body.
    pub(crate) parameters: Vec<Parameter>,
    /// The body that it takes.
    pub(crate) body: Option<Body>,
    /// What it answers when all went well.
    pub(crate) answer: Answer,
    /// Whether it answers 201: something is there that was not.
    created: bool,
}

/// A parameter of the path, the query or a header.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: String,
    /// Where it stands.
    #[serde(rename = "in")]
    pub(crate) place: Place,
    /// One sentence.
    #[serde(default, rename = "description")]
    pub(crate) about: String,
    /// Whether it must be there.
    #[serde(default)]
    pub(crate) required: bool,
    /// What it may be.
    #[serde(default)]
    pub(crate) schema: Value,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
    /// In a cookie.
    Cookie,
}

/// A request body.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// Its media type.
    pub(crate) media: String,
    /// What it looks like.
    pub(crate) schema: Value,
    /// Whether it must be there.
    pub(crate) required: bool,
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Nothing to show.
    Nothing,
    /// `items` and `next_cursor`; the schema of the page.
    Page(Value),
    /// A JSON value of that schema.
    One(Value),
    /// Lines of JSON, or another text to be kept as it is.
    Text,
    /// Server-sent events.
    Events,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    operation_id: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
    request_body: Option<WrittenBody>,
    #[serde(default, borrow)]
    responses: BTreeMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct WrittenBody {
    #[serde(default)]
    content: BTreeMap<String, Value>,
    #[serde(default)]
    required: bool,
}

impl Operation {
    /// Reads one.
    pub(super) fn read(
        method: &str,
        path: &str,
        raw: &RawValue,
    ) -> Result<Self, serde_json::Error> {
        let written: Written<'_> = serde_json::from_str(raw.get())?;
        let success = written
            .responses
            .iter()
            .find(|(status, _)| status.starts_with('2'));
        let created = success.is_some_and(|(status, _)| status == "201");
        let success: Value = match success {
            Some((_, raw)) => serde_json::from_str(raw.get())?,
            None => Value::Null,
        };
        let body = written.request_body.and_then(|body| {
            let (media, content) = body.content.into_iter().next()?;
            Some(Body {
                media,
                schema: content["schema"].clone(),
                required: body.required,
            })
        });
        Ok(Self {
            id: written.operation_id,
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: written.summary.replace('\n', " "),
            parameters: written.parameters,
            body,
            answer: answer(&success),
            created,
        })
    }

    /// Whether it makes something that answers with itself.
    pub(crate) const fn is_creation(&self) -> bool {
        self.created && matches!(self.answer, Answer::One(_))
    }

    /// Its parameters in one place.
    pub(crate) fn parameters_in(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        self.parameters
            .iter()
            .filter(move |parameter| parameter.place == place)
    }

    /// Names of the placeholders, in the order of the path.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether it knows this header.
    pub(crate) fn takes_header(&self, name: &str) -> bool {
        self.parameters_in(Place::Header)
            .any(|parameter| parameter.name.eq_ignore_ascii_case(name))
    }
}

fn answer(success: &Value) -> Answer {
    let Some((media, content)) = success["content"]
        .as_object()
        .and_then(|content| content.iter().next())
    else {
        return Answer::Nothing;
    };
    let schema = &content["schema"];
    let is_page = schema["$ref"]
        .as_str()
        .is_some_and(|name| name.contains("/Page_"));
    match media.as_str() {
        "text/event-stream" => Answer::Events,
        "application/json" if is_page => Answer::Page(schema.clone()),
        "application/json" => Answer::One(schema.clone()),
        _ => Answer::Text,
    }
}
