//! What the layers add up to, through every source.

use std::io::Write as _;

use super::layers::DEFAULTS;
use super::options::{Kind, OPTIONS};
use super::*;

fn environment(pairs: &[(&str, &str)]) -> Result<Layer, Stop> {
    let pairs = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Layer::environment(pairs)
}

fn file(text: &str) -> Result<Layer, Stop> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Layer::file(file.path())
}

fn flags(pairs: &[(&str, &str)]) -> Layer {
    let mut layer = Layer::default();
    for (key, value) in pairs {
        layer.flag("--flag", key, value).unwrap();
    }
    layer
}

fn effective(layers: Vec<Layer>) -> Effective {
    let mut all = vec![Layer::defaults().unwrap()];
    all.extend(layers);
    Effective::of(all).unwrap()
}

fn settings(layers: Vec<Layer>) -> Result<Settings, Stop> {
    Settings::read(&effective(layers))
}

/// A valid value of an option that is not its default, as flags and variables write it.
fn other(kind: Kind) -> String {
    match kind {
        Kind::Text => "warn".to_owned(),
        Kind::Path => "/elsewhere".to_owned(),
        Kind::Address => "127.0.0.2:7000".to_owned(),
        Kind::Switch => "true".to_owned(),
        Kind::Whole(min, _) => (min + 3).to_string(),
        Kind::Ratio => "0.5".to_owned(),
        Kind::OneOf(words) => words[words.len() - 1].to_owned(),
        Kind::Networks => "10.0.0.0/8".to_owned(),
        Kind::Secret => "secret".to_owned(),
    }
}

#[test]
fn the_list_of_options_and_the_defaults_file_name_the_same_keys() {
    let defaults: toml::Table = DEFAULTS.parse().unwrap();
    let mut in_file = Vec::new();
    for (section, keys) in &defaults {
        for key in keys.as_table().unwrap().keys() {
            in_file.push(format!("{section}.{key}"));
        }
    }
    let mut in_list: Vec<String> = OPTIONS.iter().map(|it| it.key.to_owned()).collect();
    in_file.sort();
    in_list.sort();
    assert_eq!(in_file, in_list);
    assert!(
        Settings::read(&effective(vec![])).is_ok(),
        "the defaults are valid"
    );
}

#[test]
fn every_option_can_be_set_in_every_source_and_later_ones_win() {
    for option in OPTIONS {
        let (section, key) = option.key.split_once('.').unwrap();
        let value = other(option.kind);
        let toml = match option.kind {
            Kind::Switch | Kind::Whole(..) | Kind::Ratio => {
                format!("[{section}]\n{key} = {value}\n")
            }
            Kind::Networks => format!("[{section}]\n{key} = [\"{value}\"]\n"),
            _ => format!("[{section}]\n{key} = \"{value}\"\n"),
        };
        let name = format!("GATELODGE__{}", option.key.replace('.', "__")).to_uppercase();
        let sources = [
            (file(&toml).unwrap(), "/"),
            (environment(&[(&name, &value)]).unwrap(), name.as_str()),
            (flags(&[(option.key, &value)]), "the flag --flag"),
        ];
        let mut layers = Vec::new();
        for (layer, origin) in sources {
            layers.push(layer);
            let sum = effective(layers.clone());
            assert_eq!(Reader(&sum).text(option.key), value);
            assert!(sum.origin(option.key).contains(origin), "{}", option.key);
        }
    }
}

#[test]
fn an_unknown_key_is_refused_in_every_source_with_the_nearest_known_one() {
    let refused = [
        file("[server]\nauth_lisen = \"x\"\n").unwrap_err(),
        environment(&[("GATELODGE__SERVER__AUTH_LISEN", "x")]).unwrap_err(),
        Layer::default()
            .flag("--flag", "server.auth_lisen", "x")
            .unwrap_err(),
    ];
    for stop in refused {
        assert_eq!(stop.status(), 2);
        let line = stop.to_string();
        assert!(line.contains("`server.auth_lisen`"), "{line}");
        assert!(
            line.contains("did you mean `server.auth_listen`?"),
            "{line}"
        );
    }
}

#[test]
fn what_kubernetes_sets_for_a_service_of_our_name_is_not_ours() {
    let layer = environment(&[
        ("GATELODGE_PORT", "tcp://10.0.0.1:9040"),
        ("GATELODGE_SERVICE_HOST", "10.0.0.1"),
        ("GATELODGE_PORT_9040_TCP", "tcp://10.0.0.1:9040"),
    ])
    .unwrap();
    assert_eq!(
        settings(vec![layer])
            .unwrap()
            .server
            .auth_listen
            .to_string(),
        "127.0.0.1:9040"
    );
}

#[test]
fn a_refused_value_is_named_with_its_key_what_is_allowed_and_where_it_came_from() {
    let cases = [
        (
            "GATELODGE__SERVER__AUTH_LISTEN",
            "localhost",
            "127.0.0.1:9040",
        ),
        (
            "GATELODGE__LIMITS__BODY_BYTES",
            "1",
            "a whole number from 1024",
        ),
        (
            "GATELODGE__LIMITS__BODY_BYTES",
            "-1",
            "a whole number from 1024",
        ),
        (
            "GATELODGE__STORAGE__ENGINE",
            "mysql",
            "one of sqlite, postgres, memory",
        ),
        ("GATELODGE__STORAGE__MIGRATE", "yes", "true or false"),
        (
            "GATELODGE__SERVER__TRUSTED_PROXIES",
            "10.0.0.0/33",
            "a list of networks",
        ),
        ("GATELODGE__LOG__LEVEL", "loud=shouting", "a text"),
        ("GATELODGE__LOG__LEVEL", "inof", "a text"),
    ];
    for (name, value, allowed) in cases {
        let layer = environment(&[(name, value)]).unwrap();
        let line = settings(vec![layer]).unwrap_err().to_string();
        for part in [name, value, allowed] {
            assert!(line.contains(part), "{line} lacks {part}");
        }
    }
}

#[test]
fn a_secret_is_taken_from_a_file_and_the_later_form_wins() {
    let mut secret = tempfile::NamedTempFile::new().unwrap();
    secret.write_all(b"from the file\n").unwrap();
    let path = secret.path().to_str().unwrap();
    let read = |layers| {
        settings(layers)
            .unwrap()
            .master_key
            .unwrap()
            .expose()
            .clone()
    };
    let inline = || environment(&[("GATELODGE__KEYS__MASTER_KEY", "inline")]).unwrap();
    let by_flag = || flags(&[("keys.master_key_file", path)]);
    assert_eq!(read(vec![by_flag()]), "from the file");
    assert_eq!(read(vec![inline(), by_flag()]), "from the file");
    assert_eq!(read(vec![by_flag(), inline()]), "inline");
    let both = environment(&[
        ("GATELODGE__KEYS__MASTER_KEY", "inline"),
        ("GATELODGE__KEYS__MASTER_KEY_FILE", path),
    ])
    .unwrap();
    assert!(Effective::of([Layer::defaults().unwrap(), both]).is_err());
}

#[test]
fn a_database_key_is_64_hexadecimal_digits_and_no_passphrase() {
    let of = |key: &str| {
        let layer = environment(&[("GATELODGE__KEYS__DATABASE_KEY", key)]).unwrap();
        settings(vec![layer])
    };
    let good = "0123456789abcdefABCDEF0123456789".repeat(2);
    let Engine::Sqlite { key: Some(key) } = of(&good).unwrap().storage.engine else {
        panic!("no key");
    };
    assert_eq!(key.expose()[..3], [0x01, 0x23, 0x45]);
    for bad in ["correct horse", &good[2..], &good.replace('a', "g")] {
        let line = of(bad).unwrap_err().to_string();
        assert!(line.contains("64 hexadecimal digits"), "{line}");
        assert!(!line.contains(bad), "a secret must not be repeated: {line}");
    }
}

#[test]
fn an_option_for_another_engine_is_refused() {
    for (key, value) in [
        ("GATELODGE__STORAGE__DATABASE_URL", "postgres://db"),
        ("GATELODGE__STORAGE__ENGINE", "postgres"),
    ] {
        let layer = environment(&[(key, value)]).unwrap();
        assert_eq!(settings(vec![layer]).unwrap_err().status(), 2, "{key}");
    }
}

#[test]
fn the_listing_masks_secrets_and_names_sources() {
    let layer = environment(&[("GATELODGE__KEYS__MASTER_KEY", "gl_mk_hidden")]).unwrap();
    let text = listing(&effective(vec![layer, flags(&[("server.workers", "7")])]));
    assert!(!text.contains("hidden"), "{text}");
    assert!(text.contains("keys.master_key = \"********\""), "{text}");
    assert!(text.contains("GATELODGE__KEYS__MASTER_KEY"), "{text}");
    let line = text
        .lines()
        .find(|line| line.starts_with("server.workers"))
        .unwrap();
    assert!(
        line.contains("= 7") && line.ends_with("# the flag --flag"),
        "{line}"
    );
}

#[test]
fn the_reference_in_the_guides_is_the_one_of_this_binary() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/guides/configuration.md"
    );
    let wanted = reference();
    if std::env::vars_os().any(|(name, _)| name == "UPDATE_GOLDEN") {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "run with UPDATE_GOLDEN=1 to write {path}");
}
