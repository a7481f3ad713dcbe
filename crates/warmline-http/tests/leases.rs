//! Leases: ids that name real connections, and what each call does with them.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::yield_now;
use warmline_http::{
    Client, ConnectionGuard, EndpointId, Holder, Key, LeaseId, LeasedConnection, NamedPool, Phase,
};

const PER_ENDPOINT: usize = 10;
const TOTAL: usize = 100;

fn url(key: &Key) -> String {
    key.to_string()
}

/// A pool of the test's own, and an endpoint that answers.
async fn pool_with_peer(name: &str) -> (&'static NamedPool, EndpointId, Key) {
    let pool = NamedPool::open(name).unwrap();
    let key = peer::echoing_ok().await;
    let endpoint = pool.endpoint(&url(&key)).unwrap();
    (pool, endpoint, key)
}

async fn lease(pool: &NamedPool, endpoint: EndpointId) -> LeaseId {
    pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap()
}

async fn begin(id: LeaseId, key: &Key) -> ConnectionGuard {
    LeasedConnection::of(id).unwrap().begin(key).await.unwrap()
}

/// The id of the connection behind a lease.
async fn connection_of(id: LeaseId, key: &Key) -> u64 {
    let guard = begin(id, key).await;
    let connection = guard.id();
    guard.finish(true);
    connection
}

#[tokio::test]
async fn an_id_names_a_connection_that_requests_are_sent_on() {
    let (pool, endpoint, key) = pool_with_peer("names a connection").await;
    let id = pool.get(endpoint, Holder::PROCESS).unwrap();
    assert!(pool.healthy(id));
    let info = pool.ready(id).await.unwrap();
    assert_eq!(info.remote_address.unwrap().port(), key.port);
    for _ in 0..2 {
        let guard = begin(id, &key).await;
        let (_, body) = peer::send(guard.connection(), peer::get()).await.unwrap();
        assert_eq!(peer::read_body(body).await.unwrap(), "ok");
        guard.finish(true);
    }
    assert!(pool.healthy(id));
    assert!(pool.put(id));
}

#[tokio::test]
async fn leases_end_with_their_holder_and_no_others_do() {
    let (pool, endpoint, key) = pool_with_peer("holders").await;
    let holder = Holder::new();
    let ours = lease(pool, endpoint).await;
    let busy = pool.acquire(endpoint, holder, None).await.unwrap();
    let guard = begin(busy, &key).await;
    let resting = pool.acquire(endpoint, holder, None).await.unwrap();
    let connecting = pool.get(endpoint, holder).unwrap();
    holder.end();
    for id in [busy, resting, connecting] {
        assert!(!pool.healthy(id) && !pool.put(id));
    }
    assert!(pool.healthy(ours));
    // What was on a connection goes on, and others get it afterwards.
    peer::send(guard.connection(), peer::get()).await.unwrap();
    guard.finish(true);
    let ids: Vec<LeaseId> = (1..PER_ENDPOINT)
        .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
        .collect();
    assert!(ids.into_iter().all(|id| pool.put(id)) && pool.put(ours));
}

#[tokio::test]
async fn a_returned_connection_is_leased_again_under_a_new_id() {
    let (pool, endpoint, key) = pool_with_peer("leased again").await;
    let first = lease(pool, endpoint).await;
    let connection = connection_of(first, &key).await;
    assert!(pool.put(first));
    let second = pool.get(endpoint, Holder::PROCESS).unwrap();
    assert_ne!(first, second);
    assert_eq!(connection_of(second, &key).await, connection);
    // Returning what somebody else has by now does nothing.
    assert!(!pool.put(first));
    assert!(!pool.remove(first));
    assert!(!pool.healthy(first));
    assert!(pool.healthy(second));
    assert!(pool.put(second));
    assert!(!pool.put(second));
}

#[tokio::test]
async fn a_lease_returned_while_it_connects_is_what_the_next_one_gets() {
    let (pool, endpoint, _) = pool_with_peer("returned while connecting").await;
    let mut ids = HashSet::new();
    // The engine connects meanwhile on its own thread: each turn meets another moment of it.
    for _ in 0..10 * PER_ENDPOINT {
        let id = pool.get(endpoint, Holder::PROCESS).unwrap();
        assert!(pool.put(id));
        assert!(ids.insert(id));
    }
    let last = pool.get(endpoint, Holder::PROCESS).unwrap();
    pool.ready(last).await.unwrap();
    let stats = pool.stats();
    assert_eq!((stats.active_connections, stats.idle_connections), (1, 0));
    assert!(pool.put(last));
}

#[tokio::test]
async fn a_lease_that_ends_just_as_it_connects_loses_no_place_and_no_connection() {
    let (pool, endpoint, _) = pool_with_peer("ends as it connects").await;
    for round in 0..300 {
        let ids: Vec<LeaseId> = (0..PER_ENDPOINT)
            .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
            .collect();
        for _ in 0..round % 7 {
            yield_now().await;
        }
        for (index, id) in ids.into_iter().enumerate() {
            let ended = if (index + round) % 2 == 0 {
                pool.put(id)
            } else {
                pool.remove(id)
            };
            assert!(ended);
        }
    }
    let stats = pool.stats();
    assert_eq!((stats.active_connections, stats.pending), (0, 0));
    let ids: Vec<LeaseId> = (0..PER_ENDPOINT)
        .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
        .collect();
    for id in ids {
        pool.ready(id).await.unwrap();
        assert!(pool.remove(id));
    }
    assert_eq!(pool.stats().total_connections, 0);
}

#[tokio::test]
async fn an_id_that_is_no_lease_of_the_pool_is_answered_with_false() {
    let (pool, endpoint, key) = pool_with_peer("strangers").await;
    let elsewhere = NamedPool::open("strangers' neighbour").unwrap();
    let id = lease(pool, endpoint).await;
    for stranger in [LeaseId::from_number(0), LeaseId::from_number((1 << 53) - 1)] {
        assert!(!pool.put(stranger) && !pool.remove(stranger) && !pool.healthy(stranger));
        assert_eq!(
            pool.ready(stranger).await.unwrap_err().code,
            "WARMLINE_CONNECTION_UNKNOWN"
        );
    }
    assert!(!elsewhere.put(id) && !elsewhere.remove(id) && !elsewhere.healthy(id));
    assert!(elsewhere.get(endpoint, Holder::PROCESS).is_none());
    assert_eq!(
        elsewhere
            .acquire(endpoint, Holder::PROCESS, None)
            .await
            .unwrap_err()
            .code,
        "WARMLINE_ENDPOINTS"
    );
    assert!(pool.put(id));
    let error = LeasedConnection::of(id).unwrap_err();
    assert_eq!(error.code, "WARMLINE_CONNECTION_UNKNOWN");
    drop(key);
}

#[tokio::test]
async fn one_name_is_one_pool_and_one_origin_is_one_endpoint() {
    let (pool, endpoint, key) = pool_with_peer("one name").await;
    assert!(std::ptr::eq(pool, NamedPool::open("one name").unwrap()));
    assert_eq!(
        pool.endpoint(&format!("{}/v1/chat?x#y", url(&key)))
            .unwrap(),
        endpoint
    );
}

#[test]
fn an_invalid_endpoint_is_refused_with_a_reason_and_without_its_secrets() {
    let pool = NamedPool::open("invalid endpoints").unwrap();
    for (text, reason) in [
        ("", "it is empty"),
        ("api.openai.com", "it has no scheme"),
        ("ftp://user:hunter2@host", "its scheme is ftp"),
        ("https://", "empty host"),
        ("https://user:hunter2@host:99999", "invalid port"),
    ] {
        let error = pool.endpoint(text).unwrap_err();
        assert_eq!(error.code, "ERR_INVALID_URL");
        assert!(error.message.contains(reason), "{text}: {}", error.message);
        assert!(!error.message.contains("hunter2"));
    }
}

#[tokio::test]
async fn an_endpoint_has_ten_leases_and_a_return_makes_room() {
    let (pool, endpoint, _key) = pool_with_peer("ten").await;
    let mut ids: Vec<LeaseId> = Vec::new();
    for _ in 0..PER_ENDPOINT {
        ids.push(pool.get(endpoint, Holder::PROCESS).unwrap());
    }
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
    for id in &ids {
        pool.ready(*id).await.unwrap();
    }
    let stats = pool.stats();
    assert_eq!(
        (
            stats.active_connections,
            stats.pending,
            stats.idle_connections
        ),
        (10, 0, 0)
    );
    assert_eq!(
        (stats.max_connections, stats.max_connections_per_endpoint),
        (TOTAL, PER_ENDPOINT)
    );
    assert!(pool.put(ids[0]));
    assert_eq!(pool.stats().idle_connections, 1);
    assert!(pool.get(endpoint, Holder::PROCESS).is_some());
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
}

#[tokio::test]
async fn a_pool_has_a_hundred_leases_over_all_endpoints() {
    let pool = NamedPool::open("a hundred").unwrap();
    let mut ids = Vec::new();
    for _ in 0..TOTAL / PER_ENDPOINT {
        let endpoint = pool.endpoint(&url(&peer::echoing_ok().await)).unwrap();
        ids.extend((0..PER_ENDPOINT).map(|_| pool.get(endpoint, Holder::PROCESS).unwrap()));
    }
    let one_more = pool.endpoint(&url(&peer::echoing_ok().await)).unwrap();
    assert!(pool.get(one_more, Holder::PROCESS).is_none());
    assert!(pool.remove(ids[0]));
    assert!(pool.get(one_more, Holder::PROCESS).is_some());
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_is_unhealthy_and_frees_its_place() {
    let (key, _port) = peer::refusing();
    let pool = NamedPool::open("refused").unwrap();
    let endpoint = pool.endpoint(&url(&key)).unwrap();
    let mut ids = Vec::new();
    // More than there are places: each is free again once connecting has failed.
    for _ in 0..2 * PER_ENDPOINT {
        let id = pool.get(endpoint, Holder::PROCESS).unwrap();
        let error = pool.ready(id).await.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("ECONNREFUSED", Phase::Connect)
        );
        assert!(!pool.healthy(id));
        ids.push(id);
    }
    assert_eq!(pool.ready(ids[0]).await.unwrap_err().code, "ECONNREFUSED");
    let begun = LeasedConnection::of(ids[0]).unwrap().begin(&key).await;
    assert_eq!(begun.err().unwrap().code, "ECONNREFUSED");
    assert_eq!(
        pool.acquire(endpoint, Holder::PROCESS, None)
            .await
            .unwrap_err()
            .code,
        "ECONNREFUSED"
    );
    assert!(pool.put(ids[0]));
    assert!(!pool.put(ids[0]));
    assert_eq!(pool.cleanup(), 2 * PER_ENDPOINT - 1);
    assert_eq!(pool.stats().total_connections, 0);
}

#[tokio::test]
async fn a_lease_whose_peer_closes_is_unhealthy_at_once_and_cleaned_up() {
    let pool = NamedPool::open("peer closes").unwrap();
    let (key, mut streams) = peer::handing_over().await;
    let endpoint = pool.endpoint(&url(&key)).unwrap();
    let id = lease(pool, endpoint).await;
    assert!(pool.healthy(id));
    drop(streams.recv().await.unwrap());
    assert!(!pool.healthy(id));
    let refused = loop {
        // The connection's own task learns of it when the engine turns.
        match LeasedConnection::of(id).unwrap().begin(&key).await {
            Ok(guard) => guard.finish(true),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.code, "UND_ERR_SOCKET");
    assert!(refused.retryable);
    assert_eq!(pool.cleanup(), 1);
    assert!(!pool.put(id));
}

#[tokio::test]
async fn one_request_at_a_time_is_on_a_lease_and_only_to_its_origin() {
    let (pool, endpoint, key) = pool_with_peer("one at a time").await;
    let id = lease(pool, endpoint).await;
    let leased = LeasedConnection::of(id).unwrap();
    let guard = leased.begin(&key).await.unwrap();
    assert_eq!(
        leased.begin(&key).await.err().unwrap().code,
        "WARMLINE_CONNECTION_BUSY"
    );
    let mut other = key.clone();
    other.port ^= 1;
    assert_eq!(
        leased.begin(&other).await.err().unwrap().code,
        "WARMLINE_CONNECTION_ORIGIN"
    );
    guard.finish(true);
    leased.begin(&key).await.unwrap().finish(true);
}

#[tokio::test]
async fn a_lease_returned_in_the_middle_of_a_request_comes_back_when_that_ends() {
    let (pool, endpoint, key) = pool_with_peer("returned busy").await;
    let id = lease(pool, endpoint).await;
    let guard = begin(id, &key).await;
    let connection = guard.id();
    assert!(pool.put(id));
    assert_eq!(pool.stats().idle_connections, 0);
    let (_, body) = peer::send(guard.connection(), peer::get()).await.unwrap();
    peer::read_body(body).await.unwrap();
    guard.finish(true);
    assert_eq!(pool.stats().idle_connections, 1);
    assert_eq!(
        connection_of(lease(pool, endpoint).await, &key).await,
        connection
    );
}

#[tokio::test]
async fn a_lease_removed_in_the_middle_of_a_request_ends_the_request() {
    let pool = NamedPool::open("removed busy").unwrap();
    let (key, mut streams) = peer::handing_over().await;
    let endpoint = pool.endpoint(&url(&key)).unwrap();
    let id = lease(pool, endpoint).await;
    let mut stream = streams.recv().await.unwrap();
    let guard = begin(id, &key).await;
    let sending = tokio::spawn(async move {
        let failure = peer::send(guard.connection(), peer::get())
            .await
            .unwrap_err();
        guard.finish(false);
        failure.error
    });
    assert!(!peer::read_request(&mut stream).await.is_empty());
    assert!(pool.remove(id));
    assert!(peer::read_request(&mut stream).await.is_empty());
    assert!(!sending.await.unwrap().retryable);
    assert_eq!(pool.stats().total_connections, 0);
}

#[tokio::test]
async fn a_request_that_does_not_finish_costs_the_connection_and_frees_its_place() {
    let (pool, endpoint, key) = pool_with_peer("unfinished").await;
    let id = lease(pool, endpoint).await;
    drop(begin(id, &key).await);
    assert!(!pool.healthy(id));
    assert_eq!(pool.stats().total_connections, 0);
    assert_eq!(pool.ready(id).await.unwrap_err().code, "UND_ERR_SOCKET");
    assert!(pool.put(id));
}

#[tokio::test]
async fn those_who_wait_are_served_in_their_order() {
    let (pool, endpoint, _key) = pool_with_peer("in order").await;
    let mut held = Vec::new();
    for _ in 0..PER_ENDPOINT {
        held.push(lease(pool, endpoint).await);
    }
    let (sender, mut served) = mpsc::unbounded_channel();
    for number in 0..5 {
        let sender = sender.clone();
        tokio::spawn(async move {
            let id = lease(pool, endpoint).await;
            sender.send((number, id)).unwrap();
        });
        while pool.stats().waiting <= number {
            yield_now().await;
        }
    }
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
    for number in 0..5 {
        assert!(pool.put(held.remove(0)));
        assert_eq!(served.recv().await.unwrap().0, number);
    }
    assert_eq!(pool.stats().waiting, 0);
}

#[tokio::test]
async fn those_whose_endpoint_is_full_do_not_hold_up_others() {
    let (pool, full, _key) = pool_with_peer("let by").await;
    let mut held = Vec::new();
    for _ in 0..PER_ENDPOINT {
        held.push(lease(pool, full).await);
    }
    let waiting = tokio::spawn(lease(pool, full));
    while pool.stats().waiting == 0 {
        yield_now().await;
    }
    let free = pool.endpoint(&url(&peer::echoing_ok().await)).unwrap();
    assert!(pool.get(free, Holder::PROCESS).is_some());
    lease(pool, free).await;
    assert!(pool.put(held[0]));
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_wait_that_takes_too_long_or_is_abandoned_loses_no_place() {
    let (pool, endpoint, _key) = pool_with_peer("abandoned").await;
    let mut held = Vec::new();
    for _ in 0..PER_ENDPOINT {
        held.push(lease(pool, endpoint).await);
    }
    let error = pool
        .acquire(endpoint, Holder::PROCESS, Some(Duration::from_millis(1)))
        .await
        .unwrap_err();
    assert_eq!(
        (error.code.as_ref(), error.phase),
        ("WARMLINE_POOL_TIMEOUT", Phase::Pool)
    );
    assert_eq!(pool.stats().waiting, 0);
    let abandoned = tokio::spawn(lease(pool, endpoint));
    while pool.stats().waiting == 0 {
        yield_now().await;
    }
    abandoned.abort();
    assert!(abandoned.await.unwrap_err().is_cancelled());
    assert_eq!(pool.stats().waiting, 0);
    for id in held {
        assert!(pool.put(id));
    }
    for _ in 0..PER_ENDPOINT {
        assert!(pool.get(endpoint, Holder::PROCESS).is_some());
    }
}

#[tokio::test]
async fn the_default_pool_shares_its_connections_with_fetch() {
    let (pool, endpoint, key) = pool_with_peer("default").await;
    let id = lease(pool, endpoint).await;
    let connection = connection_of(id, &key).await;
    assert!(pool.put(id));
    let origin = Client::shared().unwrap().pool().origin(&key);
    let warmline_pool::Checkout::Ready(lease) = origin.checkout() else {
        panic!("the returned connection is idle in the client's pool");
    };
    assert_eq!(lease.id(), connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_lease_and_return_never_exceed_the_limit_nor_share_an_id() {
    let (pool, endpoint, _key) = pool_with_peer("threads").await;
    let mut warm = Vec::new();
    for _ in 0..PER_ENDPOINT {
        warm.push(lease(pool, endpoint).await);
    }
    for id in warm {
        assert!(pool.put(id));
    }
    let threads: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut ids = Vec::new();
                let mut held = Vec::new();
                for turn in 0..2_000 {
                    held.extend(pool.get(endpoint, Holder::PROCESS));
                    assert!(pool.stats().active_connections <= PER_ENDPOINT + 8);
                    if turn % 3 != 0
                        && let Some(id) = held.pop()
                    {
                        ids.push(id);
                        assert!(pool.put(id));
                    }
                }
                for id in held {
                    ids.push(id);
                    assert!(pool.put(id));
                }
                ids
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for thread in threads {
        for id in thread.join().unwrap() {
            assert!(seen.insert(id.get()), "an id was given out twice");
        }
    }
    let stats = pool.stats();
    assert_eq!(stats.active_connections, 0);
    assert!(stats.idle_connections <= PER_ENDPOINT);
}
