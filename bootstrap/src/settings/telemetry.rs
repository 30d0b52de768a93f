//! Where traces go. Only what is written under `[telemetry]` counts: the variables `OTEL_…` of
//! other programs do not, because nobody would see in `gatelodge config` that they do.

use gatelodge_domain::SecretText;
use gatelodge_http::network::Network;
use gatelodge_telemetry::traces::TraceOptions;
use url::{Host, Url};

use super::read::Reader;
use crate::stop::Stop;

/// The path of traces under a collector's base URL (OTLP/HTTP).
const PATH: &str = "/v1/traces";
/// What we say of a request ourselves.
const OURS: [&str; 5] = [
    "content-type",
    "content-length",
    "host",
    "transfer-encoding",
    "user-agent",
];

/// `[telemetry]`.
#[derive(Debug)]
pub(crate) struct Telemetry {
    /// Where traces go, if they go anywhere.
    pub(crate) traces: Option<TraceOptions>,
    /// The collector's host: whoever configures it may mean one that is not public.
    pub(crate) collector: Option<String>,
    /// Whose traces are gone on with.
    pub(crate) trusted_callers: Vec<Network>,
}

/// Reads `[telemetry]`.
pub(super) fn telemetry(read: Reader<'_>) -> Result<Telemetry, Stop> {
    let (place, secret) = ("telemetry.endpoint", "telemetry.headers");
    let service_name = read
        .optional("telemetry.service_name")
        .ok_or_else(|| read.refuse("telemetry.service_name", &"a service has a name"))?;
    let sample_ratio = read.ratio("telemetry.sample_ratio")?;
    let trusted_callers = read.networks("telemetry.trusted_callers")?;
    let headers = headers(read, secret)?;
    let Some(text) = read.optional(place) else {
        if !headers.is_empty() {
            return Err(read.refuse_secret(secret, &format!("`{place}` is missing")));
        }
        return Ok(Telemetry {
            traces: None,
            collector: None,
            trusted_callers,
        });
    };
    let mut url = Url::parse(&text).map_err(|error| read.refuse(place, &error))?;
    match url.scheme() {
        "https" => {}
        "http" if headers.is_empty() || is_here(&url) => {}
        "http" => {
            let why = "`telemetry.headers` would travel in plain text to another machine; it must \
                       be an https URL";
            return Err(read.refuse(place, &why));
        }
        _ => return Err(read.refuse(place, &"it must be an http or https URL")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(read.refuse(place, &"a URL is no place for a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(read.refuse(place, &"it has neither a query nor a fragment"));
    }
    if url.path() == "/" {
        url.set_path(PATH);
    }
    Ok(Telemetry {
        collector: url.host_str().map(str::to_owned),
        traces: Some(TraceOptions {
            endpoint: url.into(),
            headers,
            service_name,
            sample_ratio,
        }),
        trusted_callers,
    })
}

/// `name=value`, separated by commas or line ends.
fn headers(read: Reader<'_>, secret: &str) -> Result<Vec<(String, SecretText)>, Stop> {
    let Some(text) = read.secret(secret)? else {
        return Ok(Vec::new());
    };
    let pairs = text.expose().split([',', '\n']).map(str::trim);
    pairs
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let header = pair.split_once('=').and_then(|(name, value)| {
                let name = name.trim().to_ascii_lowercase();
                let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
                let value = value.trim();
                let is_good = !name.is_empty()
                    && name.bytes().all(is_token)
                    && !OURS.contains(&name.as_str())
                    && value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
                is_good.then(|| (name, SecretText::new(value.to_owned())))
            });
            header.ok_or_else(|| {
                let why = "a header is `name=value`, and they are separated by commas or line ends";
                read.refuse_secret(secret, &why)
            })
        })
        .collect()
}

/// Whether what is sent there stays on this machine.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::layers::Layer;
    use super::super::{Effective, Settings};
    use super::*;

    fn read(values: &[(&str, &str)]) -> Result<Telemetry, Stop> {
        let mut flags = Layer::default();
        for (key, value) in values {
            flags.flag("--flag", &format!("telemetry.{key}"), value)?;
        }
        let layers = vec![Layer::defaults()?, flags];
        Ok(Settings::read(&Effective::of(layers)?)?.telemetry)
    }

    fn traces(values: &[(&str, &str)]) -> TraceOptions {
        read(values).unwrap().traces.unwrap()
    }

    #[test]
    fn traces_go_nowhere_by_themselves() {
        assert!(read(&[]).unwrap().traces.is_none());
    }

    #[test]
    fn a_bare_host_takes_traces_at_the_usual_path() {
        for (given, endpoint) in [
            ("http://c.example:4318", "http://c.example:4318/v1/traces"),
            ("https://c.example/", "https://c.example/v1/traces"),
            ("https://c.example/otlp/in", "https://c.example/otlp/in"),
        ] {
            assert_eq!(traces(&[("endpoint", given)]).endpoint, endpoint);
        }
    }

    #[test]
    fn headers_are_pairs_and_stay_out_of_plain_text() {
        let given = "Authorization=Basic YTpi=, x-scope = one two\nx-key=k";
        let options = traces(&[("endpoint", "https://c.example"), ("headers", given)]);
        let shown: Vec<(&str, &str)> = options
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose().as_str()))
            .collect();
        let expected = [
            ("authorization", "Basic YTpi="),
            ("x-scope", "one two"),
            ("x-key", "k"),
        ];
        assert_eq!(shown, expected);
        assert!(!format!("{options:?}").contains("YTpi"));
        let near = [("endpoint", "http://127.0.0.1:4318"), ("headers", given)];
        assert_eq!(traces(&near).headers.len(), 3);
        for (endpoint, headers) in [
            ("http://c.example", "a=b"),
            ("https://c.example", "nonsense"),
            ("https://c.example", "Host=elsewhere"),
            ("https://c.example", "a b=c"),
            ("", "a=b"),
        ] {
            let refused = read(&[("endpoint", endpoint), ("headers", headers)]).unwrap_err();
            assert_eq!(refused.status(), 2, "{endpoint} {headers}");
            assert!(!refused.to_string().contains("a=b"), "{refused}");
        }
    }

    #[test]
    fn what_is_no_collector_or_no_ratio_is_refused() {
        for values in [
            [("endpoint", "ftp://c.example")],
            [("endpoint", "https://me:secret@c.example")],
            [("endpoint", "https://c.example/?key=secret")],
            [("endpoint", "nowhere")],
            [("sample_ratio", "1.1")],
            [("sample_ratio", "-0.1")],
            [("sample_ratio", "NaN")],
            [("sample_ratio", "half")],
            [("service_name", "")],
        ] {
            assert!(read(&values).is_err(), "{values:?}");
        }
        let given = [("endpoint", "https://c.example"), ("sample_ratio", "0.25")];
        assert!((traces(&given).sample_ratio - 0.25).abs() < f64::EPSILON);
    }
}
