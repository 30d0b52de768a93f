//! The same code or refresh token used by many requests at once, which nginx spreads over all
//! nodes.

use gatelodge_testkit::{Answer, RelyingParty};

use crate::Cluster;

/// How many at once.
pub const MANY: usize = 64;

/// Uses something at once, and says how many won. A request that nobody could serve for the
/// crowd (503) is tried again.
fn at_once(party: &RelyingParty, request: impl Fn(&RelyingParty) -> Answer + Sync) -> usize {
    std::thread::scope(|scope| {
        let tries: Vec<_> = (0..MANY)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let answer = request(party);
                        match answer.status {
                            200 => return true,
                            503 => {}
                            _ => {
                                answer.expect_error(400, "invalid_grant");
                                return false;
                            }
                        }
                    }
                })
            })
            .collect();
        tries
            .into_iter()
            .map(|it| it.join().unwrap())
            .filter(|won| *won)
            .count()
    })
}

/// One code buys one answer, and the replays end what it bought.
pub fn one_code_buys_one_answer(cluster: &Cluster) {
    let party = cluster.public_client();
    let code = cluster.code(&party);
    let won = at_once(&party, |party| party.redeem(&code));
    assert!(won <= 1, "{won} redemptions of one code won");
    assert_eq!(won, 1, "nobody won");
}

/// One refresh token is rotated once, and the family then ends.
pub fn one_refresh_token_is_rotated_once(cluster: &Cluster) {
    let party = cluster.public_client();
    let first = party.redeem(&cluster.code(&party)).expect_status(200);
    let token = first.field("refresh_token");
    let won = at_once(&party, |party| party.refresh(&token));
    assert_eq!(won, 1, "{won} rotations of one token won");
    party.refresh(&token).expect_error(400, "invalid_grant");
}
