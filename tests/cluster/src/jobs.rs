//! Background jobs run on one node at a time.

use crate::Cluster;

/// Which node holds a lease, as the store has it.
pub fn holder(cluster: &Cluster, job: &str) -> String {
    let query = format!("SELECT encode(holder, 'hex') FROM jobs WHERE job = '{job}'");
    cluster.database.sql(&query).trim().to_owned()
}

/// How many nodes have announced themselves and live.
pub fn announced(cluster: &Cluster) -> u64 {
    let count = cluster.database.sql(
        "SELECT count(*) FROM jobs WHERE job LIKE 'node/%' \
         AND until > extract(epoch FROM clock_timestamp()) * 1000",
    );
    count.trim().parse().unwrap()
}

/// How often a round of cleaning up began since statements are counted
/// ([`crate::cost::count_statements`]): each round asks for old sessions at least once.
pub fn rounds_of_cleaning(cluster: &Cluster) -> u64 {
    let count = cluster.database.sql(
        "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements \
         WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND query LIKE 'DELETE FROM \"jobs\" WHERE%LIMIT%'",
    );
    count.trim().parse().unwrap()
}

/// How many keys there are of which a realm needs one: two that sign by the same algorithm, or
/// two spares for it, are of two nodes that maintained keys at a time.
pub fn doubled_keys(cluster: &Cluster) -> u64 {
    let count = cluster.database.sql(
        "SELECT count(*) FROM (SELECT 1 FROM signing_keys WHERE state IN ('active', 'next') \
         GROUP BY realm, algorithm, state HAVING count(*) > 1) AS doubled",
    );
    count.trim().parse().unwrap()
}

/// How many spares wait for their turn.
pub fn spare_keys(cluster: &Cluster) -> u64 {
    let count = cluster
        .database
        .sql("SELECT count(*) FROM signing_keys WHERE state = 'next'");
    count.trim().parse().unwrap()
}

/// Whether every seal follows its predecessor, with how many there are.
pub fn seals(cluster: &Cluster) -> (u64, bool) {
    let answer = cluster.database.sql(
        "SELECT count(*) || ' ' || coalesce(bool_and(follows), true) FROM (SELECT \
         first_position > coalesce(lag(last_position) OVER w, 0) \
         AND number = coalesce(lag(number) OVER w, number - 1) + 1 AS follows \
         FROM audit_seals WINDOW w AS (ORDER BY number)) AS chain",
    );
    let (count, whole) = answer.trim().split_once(' ').unwrap();
    (count.parse().unwrap(), whole == "true")
}
