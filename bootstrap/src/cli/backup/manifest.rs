//! What a copy says of itself: `manifest.json`, which names every other part with its SHA-256,
//! and `manifest.json.sha256`, which vouches for the manifest (`sha256sum --check` reads it).

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gatelodge_domain::audit::Seal;
use gatelodge_domain::{Digest, Timestamp};
use gatelodge_http::time;
use openssl::sha::Sha256;
use serde_json::{Value, json};

use crate::stop::Stop;

/// The manifest's file.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The file that vouches for it.
pub(crate) const VOUCHER: &str = "manifest.json.sha256";
/// The sealed keys' file.
pub(crate) const KEYS: &str = "keys.sealed";
/// The only format there is.
const FORMAT: u64 = 1;
/// A manifest is a few hundred bytes.
const LARGEST: u64 = 1 << 20;

/// A file of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Its name in the folder.
    pub(crate) name: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// 64 hexadecimal digits.
    pub(crate) sha256: String,
}

/// What a copy says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// Everything that was committed before this moment is in it.
    pub(crate) at: Timestamp,
    /// The version of its schema.
    pub(crate) schema_version: u32,
    /// The lowest version that a reader must know.
    pub(crate) readable_by: u32,
    /// The default realm's issuer, and that of `system`.
    pub(crate) issuers: (String, String),
    /// Whether the database is under a key.
    pub(crate) encrypted: bool,
    /// Number and MAC of the trail's newest seal.
    pub(crate) newest_seal: Option<(u64, Digest)>,
    /// Its other files.
    pub(crate) parts: Vec<Part>,
}

impl Manifest {
    /// The seal that the manifest remembers.
    pub(crate) fn seal_of(seal: &Seal) -> (u64, Digest) {
        (seal.number, seal.mac)
    }

    /// The part of that name.
    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    fn text(&self) -> String {
        let seals: Vec<Value> = self
            .newest_seal
            .iter()
            .map(|(number, mac)| {
                json!({"chain": "audit", "number": number, "mac": hexadecimal(mac.as_bytes())})
            })
            .collect();
        let parts: Vec<Value> = self
            .parts
            .iter()
            .map(|part| json!({"name": part.name, "bytes": part.bytes, "sha256": part.sha256}))
            .collect();
        let manifest = json!({
            "format": FORMAT,
            "made_by": concat!("gatelodge ", env!("CARGO_PKG_VERSION")),
            "at": time::to_text(self.at),
            "schema_version": self.schema_version,
            "readable_by": self.readable_by,
            "public_url": self.issuers.0,
            "admin_url": self.issuers.1,
            "encrypted": self.encrypted,
            "newest_seals": seals,
            "parts": parts,
        });
        format!("{manifest:#}\n")
    }

    /// Writes it and what vouches for it.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Stop> {
        let text = self.text();
        let digest = hexadecimal(Digest::sha256(text.as_bytes()).as_bytes());
        super::write_private(&folder.join(MANIFEST), text.as_bytes())?;
        let voucher = format!("{digest}  {MANIFEST}\n");
        super::write_private(&folder.join(VOUCHER), voucher.as_bytes())
    }

    /// Reads the manifest of a copy, if it is what was written.
    pub(crate) fn read(folder: &Path) -> Result<Self, Stop> {
        let text = small_file(&folder.join(MANIFEST))?;
        let voucher = small_file(&folder.join(VOUCHER))?;
        let digest = hexadecimal(Digest::sha256(text.as_bytes()).as_bytes());
        if voucher != format!("{digest}  {MANIFEST}\n") {
            return Err(damaged(&format!("{MANIFEST} does not fit {VOUCHER}")));
        }
        let value: Value =
            serde_json::from_str(&text).map_err(|_| damaged(&format!("{MANIFEST} is no JSON")))?;
        if value["format"] != FORMAT {
            return Err(Stop::failure(format!(
                "the copy has format {}, and this release reads format {FORMAT}",
                value["format"]
            )));
        }
        parse(&value).ok_or_else(|| damaged(&format!("{MANIFEST} lacks something")))
    }
}

fn parse(value: &Value) -> Option<Manifest> {
    let number = |name: &str| u32::try_from(value[name].as_u64()?).ok();
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let seal = match value["newest_seals"].as_array()?.first() {
        Some(seal) => Some((
            seal["number"].as_u64()?,
            Digest::try_from_slice(&bytes_of(seal["mac"].as_str()?)?).ok()?,
        )),
        None => None,
    };
    let part = |part: &Value| {
        let name = part["name"].as_str()?;
        // A name is no way out of the folder.
        let is_plain = Path::new(name).file_name() == Some(name.as_ref());
        is_plain.then_some(())?;
        Some(Part {
            name: name.to_owned(),
            bytes: part["bytes"].as_u64()?,
            sha256: part["sha256"].as_str()?.to_owned(),
        })
    };
    Some(Manifest {
        at: time::parse(value["at"].as_str()?)?,
        schema_version: number("schema_version")?,
        readable_by: number("readable_by")?,
        issuers: (text("public_url")?, text("admin_url")?),
        encrypted: value["encrypted"].as_bool()?,
        newest_seal: seal,
        parts: value["parts"]
            .as_array()?
            .iter()
            .map(part)
            .collect::<Option<_>>()?,
    })
}

/// A copy that must not be used, in one line.
pub(crate) fn damaged(what: &str) -> Stop {
    Stop::failure(format!("the copy is damaged and was not used: {what}"))
}

fn small_file(path: &Path) -> Result<String, Stop> {
    let read = || -> io::Result<String> {
        let mut text = String::new();
        File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error| Stop::failure(format!("{} cannot be read: {error}", path.display())))
}

/// A finished file as a part.
pub(crate) fn part_of(folder: &Path, name: &str, seen: &mut dyn FnMut(u64)) -> Result<Part, Stop> {
    let path = folder.join(name);
    let mut digest = || copy_and_digest(&path, &mut io::sink(), seen);
    let (bytes, sha256) = digest().map_err(|error| {
        Stop::failure(format!("{} cannot be read back: {error}", path.display()))
    })?;
    Ok(Part {
        name: name.to_owned(),
        bytes,
        sha256,
    })
}

/// Copies a part out of a copy to a new private file and makes it durable; refused when it is
/// not what the manifest says.
pub(crate) fn copy_part(
    folder: &Path,
    part: &Part,
    to: &Path,
    seen: &mut dyn FnMut(u64),
) -> Result<(), Stop> {
    let path = folder.join(&part.name);
    let length = fs::metadata(&path).map(|facts| facts.len());
    let length = length.map_err(|error| damaged(&format!("{}: {error}", path.display())))?;
    if length != part.bytes {
        return Err(damaged(&format!(
            "{} has {length} bytes and had {}",
            part.name, part.bytes
        )));
    }
    let mut copied = || -> io::Result<String> {
        let mut target = super::new_private(to)?;
        let (_, sha256) = copy_and_digest(&path, &mut target, seen)?;
        target.sync_all()?;
        Ok(sha256)
    };
    let sha256 = copied().map_err(|error| {
        Stop::failure(format!(
            "{} cannot be copied to {}: {error}",
            path.display(),
            to.display()
        ))
    })?;
    if sha256 != part.sha256 {
        return Err(damaged(&format!(
            "the SHA-256 of {} is another one",
            part.name
        )));
    }
    Ok(())
}

/// Length and SHA-256 of what went through.
fn copy_and_digest(
    from: &PathBuf,
    to: &mut dyn Write,
    seen: &mut dyn FnMut(u64),
) -> io::Result<(u64, String)> {
    let mut from = File::open(from)?;
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..length).unwrap_or_default();
        digest.update(chunk);
        to.write_all(chunk)?;
        bytes += length as u64;
        seen(bytes);
    }
    Ok((bytes, hexadecimal(&digest.finish())))
}

/// Lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of hexadecimal digits.
pub(crate) fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            at: Timestamp::from_millis(1_800_000_000_123),
            schema_version: 6,
            readable_by: 1,
            issuers: ("https://id.example".into(), "https://admin.example".into()),
            encrypted: true,
            newest_seal: Some((9, Digest::new([7; 32]))),
            parts: vec![Part {
                name: "gatelodge.db".into(),
                bytes: 3,
                sha256: hexadecimal(Digest::sha256(b"abc").as_bytes()),
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_every_changed_byte_shows() {
        let folder = tempfile::tempdir().unwrap();
        manifest().write(folder.path()).unwrap();
        assert_eq!(Manifest::read(folder.path()).unwrap(), manifest());
        for name in [MANIFEST, VOUCHER] {
            let path = folder.path().join(name);
            let good = fs::read(&path).unwrap();
            for at in 0..good.len() {
                let mut bad = good.clone();
                bad[at] ^= 1;
                fs::write(&path, bad).unwrap();
                assert!(Manifest::read(folder.path()).is_err(), "{name} byte {at}");
            }
            fs::write(&path, good).unwrap();
        }
    }

    #[test]
    fn a_part_that_is_not_what_the_manifest_says_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let part = manifest().parts.remove(0);
        let from = folder.path().join(&part.name);
        let copy =
            |name: &str| copy_part(folder.path(), &part, &folder.path().join(name), &mut |_| {});
        for (text, name, said) in [
            ("abd", "one", "SHA-256"),
            ("ab", "two", "bytes"),
            ("abcd", "three", "bytes"),
        ] {
            fs::write(&from, text).unwrap();
            let refused = copy(name).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
        fs::write(&from, "abc").unwrap();
        copy("good").unwrap();
    }

    #[test]
    fn a_part_s_name_is_no_way_out_of_the_folder() {
        let mut manifest = manifest();
        manifest.parts[0].name = "../elsewhere".into();
        let value: Value = serde_json::from_str(&manifest.text()).unwrap();
        assert_eq!(parse(&value), None);
    }
}
