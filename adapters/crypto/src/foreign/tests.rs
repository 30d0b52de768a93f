//! Hashes that were published, or made by the programs whose forms these are.

use gatelodge_ports::hasher::ForeignHashRefused;

use super::*;

const PASSWORD: &str = "correct horse battery";

/// Password, hash, algorithm.
const PUBLISHED: &[(&str, &str, &str)] = &[
    // RFC 6070 §2, 4,096 iterations, as passlib spells it.
    (
        "password",
        "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE",
        "pbkdf2-sha1",
    ),
    // passlib's documentation
    (
        "password",
        "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
        "pbkdf2-sha256",
    ),
    // RFC 7914 §12, third vector
    (
        "password",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
        "scrypt",
    ),
    // Drepper's specification of SHA-crypt
    (
        "Hello world!",
        "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "sha256-crypt",
    ),
    (
        "Hello world!",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        "sha512-crypt",
    ),
    // crypt_blowfish
    (
        "U*U",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "bcrypt",
    ),
    // The tests of the Argon2 reference code
    (
        "password",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
        "argon2i",
    ),
    (
        "password",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "argon2id",
    ),
    // Made by Python's hashlib and the C library's crypt(3)
    (
        PASSWORD,
        "$pbkdf2-sha512$25000$AAECAwQFBgcICQoLDA0ODw$Eg0Mk93hSCKTNDTT755F1rAKbWsV8PFg6FJZ47XUM739UmWNhvhwHSOdWT.vjaDlC7U.rRRTf21fAAcW5XeH3Q",
        "pbkdf2-sha512",
    ),
    (
        PASSWORD,
        "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$AhaeZ02AwPxykuhhDI8XvhQN8GKvmqM+qF6qvs/98I0",
        "pbkdf2-sha256",
    ),
    (
        PASSWORD,
        "pbkdf2_sha256$1000$seasalt$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=",
        "pbkdf2-sha256",
    ),
    (
        PASSWORD,
        "scrypt$seasalt$1024$8$5$ZPrjhuL1dTuhxIFFj1avSf7m1XRGd92Yd0HHF99NCBMJo39ZS0qduEMDnlPUmD0+/G7SHDkbPZrz62u7VtT6Xg==",
        "scrypt",
    ),
    (
        PASSWORD,
        "{CRYPT}$6$saltstring$dBHc6z5hpSlx63LLGnlt2xpSGH7T2QL7PJTCjPwajfWh/K10OPeGyl0Oe5VoIANbBgC0gNnRFVE.3uO/lesxj/",
        "sha512-crypt",
    ),
    (
        PASSWORD,
        "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.",
        "bcrypt",
    ),
    (
        PASSWORD,
        "{SSHA}LJwXwn56x3y+rDkpIUugftV+6KAAAQIDBAUGBw==",
        "ssha",
    ),
    (
        PASSWORD,
        "{SSHA256}/NbIbo4YjcC5hWxTMSD7+XzusPvaDYLmrPQFlXoRJW4AAQIDBAUGBw==",
        "ssha256",
    ),
    (
        PASSWORD,
        "{ssha512}89ZFxFFb+ChOnmQXIMyBMWwMmL/A/7oD9MbVflRDTS3YEbyG2EAo3TSUekjUBdbmaNgtvWW4iJnLtis5FQJSfAABAgMEBQYH",
        "ssha512",
    ),
];

fn is_of(hash: &ForeignHash, password: &str) -> bool {
    hash.is_of(password.as_bytes(), &mut Memory::default())
        .unwrap()
}

#[test]
fn published_hashes_are_of_their_passwords_and_of_no_others() {
    for (password, text, algorithm) in PUBLISHED {
        let hash = ForeignHash::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(hash.kind().algorithm, *algorithm);
        assert!(is_of(&hash, password), "{text}");
        for other in [
            "",
            "Password",
            "correct horse batterz",
            &format!("{password}x"),
        ] {
            assert!(!is_of(&hash, other), "{text} of {other:?}");
        }
    }
}

#[test]
fn bcrypt_sees_72_bytes_and_no_password_with_a_nul() {
    let text = "$2b$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";
    let hash = ForeignHash::parse(text).unwrap();
    assert!(!is_of(&hash, &format!("{PASSWORD}\0")));
    assert!(!is_of(&hash, &"x".repeat(200)));
}

#[test]
fn what_is_stored_is_read_again() {
    for (_, text, _) in PUBLISHED {
        let stored = stored(&format!(" {text}\n")).unwrap();
        let again = ForeignHash::parse(stored.as_phc()).unwrap();
        assert_eq!(again, ForeignHash::parse(text).unwrap(), "{text}");
    }
    let django = "argon2$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert!(
        stored(django)
            .unwrap()
            .as_phc()
            .starts_with("$argon2id$v=19$")
    );
}

#[test]
fn what_is_no_hash_of_a_known_form_is_refused() {
    let b64 = "AAECAwQFBgcICQoLDA0ODw";
    for text in [
        String::new(),
        "password".to_owned(),
        "$".to_owned(),
        "5f4dcc3b5aa765d61d8327deb882cf99".to_owned(),
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0".to_owned(),
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".to_owned(),
        "{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=".to_owned(),
        "{CRYPT}".to_owned(),
        format!("$2x$05${}", "x".repeat(53)),
        format!("$2b$5${}", "x".repeat(53)),
        format!("$2b$03${}", "x".repeat(53)),
        format!("$2b$05${}", "x".repeat(52)),
        format!("$pbkdf2-md5$1000${b64}${b64}"),
        format!("$pbkdf2-sha256$0${b64}${b64}"),
        format!("$pbkdf2-sha256$+1${b64}${b64}"),
        format!("$pbkdf2-sha256$1000${b64}$AAEC"),
        format!("$scrypt$ln=0,r=8,p=1${b64}${b64}"),
        format!("scrypt$salt$1000$8$1${b64}"),
        format!("$6$rounds=999$salt${}", "x".repeat(86)),
        format!("$6$salt${}", "x".repeat(85)),
        format!("$argon2x$v=19$m=64,t=1,p=1${b64}${b64}"),
        format!("$argon2id$v=18$m=64,t=1,p=1${b64}${b64}"),
        format!("$argon2id$v=19$m=1,t=1,p=1${b64}${b64}"),
        "ä".to_owned(),
        "$6$".repeat(400),
    ] {
        let refused = ForeignHash::parse(&text).err();
        assert_eq!(refused, Some(ForeignHashRefused::Form), "{text}");
    }
}

#[test]
fn a_very_long_password_costs_no_round_of_sha_crypt() {
    let text = "$6$rounds=1000000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.";
    let hash = ForeignHash::parse(text).unwrap();
    let began = tokio::time::Instant::now();
    assert!(!is_of(&hash, &"x".repeat(1_000)));
    // All its rounds would take several seconds.
    assert!(began.elapsed().as_millis() < 2_000);
}
