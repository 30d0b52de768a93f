//! Forwarded headers, trusted networks and the host (RFC 9110 §7.2).

use std::net::{IpAddr, SocketAddr};

use actix_web::test::TestRequest;
use arbitrary::Arbitrary;
use gatelodge_http::network::Network;
use gatelodge_http::origin::client_address;

use crate::decode;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    peer: IpAddr,
    networks: Vec<&'a str>,
    forwarded: Vec<&'a str>,
}

/// Holds what these parsers promise against any bytes.
pub fn hold(bytes: &[u8]) {
    decode(bytes, |input: Input<'_>| {
        let networks: Vec<Network> = input
            .networks
            .iter()
            .take(8)
            .filter_map(|text| Network::parse(text).ok())
            .collect();
        for network in &networks {
            assert!(network.contains(network.address));
        }
        let peer = input.peer.to_canonical();
        let trusted = |address: IpAddr| networks.iter().any(|network| network.contains(address));
        let mut request = TestRequest::default().peer_addr(SocketAddr::new(input.peer, 5000));
        let mut lines = Vec::new();
        for line in input.forwarded.iter().take(8) {
            if actix_web::http::header::HeaderValue::from_str(line).is_ok() {
                request = request.append_header(("x-forwarded-for", *line));
                lines.push(*line);
            }
        }
        let found = client_address(&request.to_http_request(), &networks).expect("there is a peer");
        if !trusted(peer) {
            assert_eq!(found, peer, "a stranger says who they are");
            return;
        }
        // Whoever is named was named by the peer's chain, and only trusted hops stand after them.
        if found != peer {
            let hops: Vec<IpAddr> = lines
                .iter()
                .flat_map(|line| line.split(','))
                .rev()
                .map_while(|hop| hop.trim().parse::<IpAddr>().ok())
                .map(|address| address.to_canonical())
                .collect();
            let at = hops.iter().position(|hop| *hop == found).expect("a hop");
            assert!(
                hops[..at].iter().all(|hop| trusted(*hop)),
                "{found} of {hops:?}"
            );
        }
    });
}
