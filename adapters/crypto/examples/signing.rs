//! How much of OpenSSL's bare signing speed arrives: a held key in a loop against whole tokens.
//!
//! `cargo run --release -p gatelodge-crypto --example signing [seconds for each row]`
//!
//! Both roads take turns of a tenth of a second and the best turn of each counts, so that
//! other work on the machine touches both alike.

use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use gatelodge_crypto::OpensslKeyFactory;
use gatelodge_domain::KeyAlgorithm;
use gatelodge_ports::KeyFactory as _;
use gatelodge_ports::key_factory::TokenType;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Padding;
use openssl::sha::sha256;
use openssl::sign::{RsaPssSaltlen, Signer};
use tokio::time::Instant;

const TURN: Duration = Duration::from_millis(100);
/// About as long as the claims of an access token.
const PAYLOAD: [u8; 600] = [b'x'; 600];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(2.0), |argument| argument.parse())?;
    let turns = Duration::try_from_secs_f64(seconds)?
        .div_duration_f64(2 * TURN)
        .ceil();
    println!(
        "{:<6} {:>12} {:>12} {:>7}",
        "alg", "key held/s", "our road/s", "ratio"
    );
    for algorithm in KeyAlgorithm::ALL {
        let made = OpensslKeyFactory.generate(algorithm).await?;
        let signer = OpensslKeyFactory.signer(&made.key_id, algorithm, &made.private)?;
        let token = signer.sign(TokenType::AccessToken, &PAYLOAD)?;
        let input = token.rsplit_once('.').map_or(&*token, |(input, _)| input);
        let key = PKey::private_key_from_pkcs8(made.private.expose())?;
        let bare = bare(algorithm, key, input.as_bytes().to_vec())?;
        let (mut held, mut ours) = (0.0_f64, 0.0_f64);
        let mut turn = 0.0;
        while turn < turns {
            held = held.max(per_second(|| Ok(bare()?))?);
            ours = ours.max(per_second(|| {
                black_box(signer.sign(TokenType::AccessToken, black_box(&PAYLOAD))?);
                Ok(())
            })?);
            turn += 1.0;
        }
        let (name, percent) = (algorithm.as_str(), ours / held * 100.0);
        println!("{name:<6} {held:>12.0} {ours:>12.0} {percent:>6.1}%");
    }
    Ok(())
}

/// OpenSSL's shortest way to a signature over a signing input that is there already.
type Bare = Box<dyn Fn() -> Result<(), ErrorStack>>;

fn bare(algorithm: KeyAlgorithm, key: PKey<Private>, input: Vec<u8>) -> Result<Bare, ErrorStack> {
    Ok(match algorithm {
        KeyAlgorithm::Es256 => {
            let key = key.ec_key()?;
            Box::new(move || {
                EcdsaSig::sign(&sha256(black_box(&input)), &key).map(|s| drop(black_box(s)))
            })
        }
        KeyAlgorithm::EdDsa => Box::new(move || {
            let mut signature = [0; 64];
            Signer::new_without_digest(&key)?.sign_oneshot(&mut signature, black_box(&input))?;
            black_box(signature);
            Ok(())
        }),
        KeyAlgorithm::Rs256 => Box::new(move || {
            let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
            black_box(signer.sign_oneshot_to_vec(black_box(&input))?);
            Ok(())
        }),
        KeyAlgorithm::Ps256 => Box::new(move || {
            let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            black_box(signer.sign_oneshot_to_vec(black_box(&input))?);
            Ok(())
        }),
    })
}

/// Repeats the work for one turn.
fn per_second(mut work: impl FnMut() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < TURN {
        work()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
