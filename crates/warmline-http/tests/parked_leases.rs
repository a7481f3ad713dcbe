//! Leases that their holder takes and returns by itself, in the spot that it shares with the engine:
//! to everybody else they are leases like all others.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::collections::HashSet;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::yield_now;
use warmline_http::{
    Client, EndpointId, Holder, Key, LeaseId, LeasedConnection, NamedPool, Return, Spot, spots,
};

const PER_ENDPOINT: usize = 10;
/// What a slot's next lease adds to its id.
const NEXT: u64 = 1 << 16;

fn spot(id: LeaseId) -> &'static Spot {
    &spots()[usize::try_from(id.get() % NEXT).unwrap()]
}

fn generation(id: LeaseId) -> u32 {
    u32::try_from(id.get() / NEXT).unwrap()
}

/// The holder leases again what it parked as `id`.
fn take(id: LeaseId) -> Option<LeaseId> {
    let taken = spot(id).take(generation(id));
    taken.then(|| LeaseId::from_number(id.get() + NEXT))
}

/// The holder returns a lease by itself.
fn put(id: LeaseId) -> bool {
    spot(id).put(generation(id))
}

/// A pool of the test's own, and an endpoint that answers.
async fn pool_with_peer(name: &str) -> (&'static NamedPool, EndpointId, Key) {
    let pool = NamedPool::open(name).unwrap();
    let key = peer::echoing_ok().await;
    let endpoint = pool.endpoint(&key.to_string()).unwrap();
    (pool, endpoint, key)
}

/// A lease that has ended with its connection parked.
async fn parked(pool: &NamedPool, endpoint: EndpointId) -> LeaseId {
    let id = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    assert_eq!(pool.park(id), Return::Parked);
    id
}

async fn connection_of(id: LeaseId, key: &Key) -> u64 {
    let guard = LeasedConnection::of(id).unwrap().begin(key).await.unwrap();
    let connection = guard.id();
    guard.finish(true);
    connection
}

fn active_and_idle(pool: &NamedPool) -> (usize, usize) {
    let stats = pool.stats();
    (stats.active_connections, stats.idle_connections)
}

/// A pool and one connection in it, whose other end is the test's.
async fn with_stream(name: &str) -> (&'static NamedPool, EndpointId, Key, LeaseId, TcpStream) {
    let (sender, mut streams) = mpsc::unbounded_channel();
    let key = peer::start(move |stream| {
        let sender = sender.clone();
        async move { sender.send(stream).unwrap() }
    })
    .await;
    let pool = NamedPool::open(name).unwrap();
    let endpoint = pool.endpoint(&key.to_string()).unwrap();
    let id = parked(pool, endpoint).await;
    let stream = streams.recv().await.unwrap();
    (pool, endpoint, key, id, stream)
}

#[tokio::test]
async fn a_lease_that_its_holder_takes_is_active_and_idle_again_once_put_back() {
    let (pool, endpoint, _key) = pool_with_peer("parked: counts").await;
    let id = parked(pool, endpoint).await;
    assert_eq!(active_and_idle(pool), (0, 1));
    let next = take(id).unwrap();
    assert_eq!(active_and_idle(pool), (1, 0));
    assert!(put(next));
    assert_eq!(active_and_idle(pool), (0, 1));
}

#[tokio::test]
async fn a_parked_lease_has_ended_and_the_next_one_is_not_mistaken_for_it() {
    let (pool, endpoint, key) = pool_with_peer("parked: ended").await;
    let id = parked(pool, endpoint).await;
    for over in [id, LeaseId::from_number(id.get() + NEXT)] {
        assert!(!pool.put(over) && !pool.remove(over) && !pool.healthy(over));
        assert_eq!(pool.park(over), Return::NoLease);
        assert!(LeasedConnection::of(over).is_err());
    }
    let next = take(id).unwrap();
    assert!(!pool.put(id) && !pool.remove(id) && !pool.healthy(id));
    assert!(pool.healthy(next));
    assert!(pool.put(next));
    assert!(!pool.put(next));
    drop(key);
}

#[tokio::test]
async fn a_lease_that_its_holder_took_carries_requests_and_can_be_parked_again() {
    let (pool, endpoint, key) = pool_with_peer("parked: requests").await;
    let first = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    let connection = connection_of(first, &key).await;
    assert_eq!(pool.park(first), Return::Parked);
    let second = take(first).unwrap();
    assert_eq!(connection_of(second, &key).await, connection);
    assert!(pool.ready(second).await.is_ok());
    // The engine has looked it up, and has to hear of its end.
    assert!(!put(second));
    assert_eq!(pool.park(second), Return::Parked);
    let third = take(second).unwrap();
    assert_eq!(connection_of(third, &key).await, connection);
    assert!(pool.remove(third));
    assert_eq!(pool.stats().total_connections, 0);
}

#[tokio::test]
async fn a_lease_that_its_holder_took_ends_with_it_and_what_it_parked_is_for_others() {
    let (pool, endpoint, _key) = pool_with_peer("parked: holders").await;
    let holder = Holder::new();
    let [taken, left] = [(); 2].map(|()| pool.acquire(endpoint, holder, None));
    let (taken, left) = (taken.await.unwrap(), left.await.unwrap());
    assert_eq!([pool.park(taken), pool.park(left)], [Return::Parked; 2]);
    let taken = take(taken).unwrap();
    assert_eq!(active_and_idle(pool), (1, 1));
    holder.end();
    assert_eq!(active_and_idle(pool), (0, 2));
    assert!(!pool.put(taken) && !put(taken));
    let ids: Vec<LeaseId> = (0..PER_ENDPOINT)
        .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
        .collect();
    assert_eq!(ids.len(), PER_ENDPOINT);
}

#[tokio::test]
async fn another_caller_gets_what_is_parked_and_not_what_is_taken() {
    let (pool, endpoint, key) = pool_with_peer("parked: others").await;
    let id = parked(pool, endpoint).await;
    let next = take(id).unwrap();
    let other = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    let connection = connection_of(other, &key).await;
    assert!(pool.remove(other));
    assert!(put(next));
    let other = pool.get(endpoint, Holder::PROCESS).unwrap();
    assert_ne!(connection_of(other, &key).await, connection);
    assert!(take(next).is_none());
    assert_eq!(active_and_idle(pool), (1, 0));
    assert!(pool.put(other));
    // Its place in the quota is free, too.
    let ids: Vec<LeaseId> = (0..PER_ENDPOINT)
        .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
        .collect();
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
    for id in ids {
        assert!(pool.remove(id));
    }
}

#[tokio::test]
async fn parked_connections_take_no_place_from_leases_and_taken_ones_do() {
    let (pool, endpoint, _key) = pool_with_peer("parked: quota").await;
    let mut ids = Vec::new();
    for _ in 0..PER_ENDPOINT {
        ids.push(pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap());
    }
    for id in &ids {
        assert_eq!(pool.park(*id), Return::Parked);
    }
    assert_eq!(active_and_idle(pool), (0, PER_ENDPOINT));
    let taken = take(ids[0]).unwrap();
    let leased: Vec<LeaseId> = (1..PER_ENDPOINT)
        .map(|_| pool.get(endpoint, Holder::PROCESS).unwrap())
        .collect();
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
    assert_eq!(active_and_idle(pool), (PER_ENDPOINT, 0));
    assert!(put(taken));
    assert!(pool.get(endpoint, Holder::PROCESS).is_some());
    assert!(ids.iter().all(|id| take(*id).is_none()) && take(taken).is_none());
    for id in leased {
        assert!(pool.remove(id));
    }
}

#[tokio::test]
async fn who_waits_is_served_when_what_was_taken_comes_back() {
    let (pool, endpoint, _key) = pool_with_peer("parked: waiters").await;
    let mut ids = Vec::new();
    for _ in 0..PER_ENDPOINT {
        ids.push(pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap());
    }
    assert_eq!(pool.park(ids[0]), Return::Parked);
    ids[0] = take(ids[0]).unwrap();
    let waiting = tokio::spawn(pool.acquire(endpoint, Holder::PROCESS, None));
    while pool.stats().waiting == 0 {
        yield_now().await;
    }
    // Who has it has to come to the pool with it, and parks nothing while somebody waits.
    while put(ids[0]) {
        ids[0] = take(ids[0]).unwrap();
    }
    assert_eq!(pool.park(ids[0]), Return::Returned);
    assert!(pool.healthy(waiting.await.unwrap().unwrap()));
}

#[tokio::test]
async fn who_waits_is_served_with_the_place_of_what_is_parked() {
    let (pool, endpoint, _key) = pool_with_peer("parked: place").await;
    let mut ids = Vec::new();
    for _ in 0..PER_ENDPOINT {
        ids.push(pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap());
    }
    assert_eq!(pool.park(ids[0]), Return::Parked);
    let id = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    assert!(pool.healthy(id));
    assert!(take(ids[0]).is_none());
}

#[tokio::test]
async fn a_connection_whose_peer_closes_is_not_taken_again() {
    let (pool, _, _, id, stream) = with_stream("parked: dies").await;
    drop(stream);
    while pool.stats().total_connections > 0 {
        yield_now().await;
    }
    assert!(take(id).is_none());
    assert!(!pool.put(id));
    assert_eq!(pool.cleanup(), 0);
}

#[tokio::test]
async fn a_taken_lease_whose_peer_closes_is_unhealthy_and_returned_as_any_other() {
    let (pool, endpoint, key, id, stream) = with_stream("parked: dies taken").await;
    let taken = take(id).unwrap();
    drop(stream);
    while spot(taken).look().shared {
        yield_now().await;
    }
    assert!(!pool.healthy(taken));
    assert_eq!(pool.ready(taken).await.unwrap_err().code, "UND_ERR_SOCKET");
    let begun = LeasedConnection::of(taken).unwrap().begin(&key).await;
    assert_eq!(begun.err().unwrap().code, "UND_ERR_SOCKET");
    assert!(!put(taken));
    assert_eq!(pool.park(taken), Return::Returned);
    assert_eq!(pool.park(taken), Return::NoLease);
    assert_eq!(pool.stats().total_connections, 0);
    assert!(pool.get(endpoint, Holder::PROCESS).is_some());
}

#[tokio::test]
async fn a_cleanup_ends_a_taken_lease_whose_connection_is_gone() {
    let (pool, _, _, id, stream) = with_stream("parked: cleanup").await;
    let taken = take(id).unwrap();
    assert_eq!(pool.cleanup(), 0);
    drop(stream);
    while spot(taken).look().shared {
        yield_now().await;
    }
    assert_eq!(pool.cleanup(), 1);
    assert_eq!(pool.cleanup(), 0);
    assert!(!put(taken) && !pool.put(taken));
    assert_eq!(pool.stats().total_connections, 0);
}

#[tokio::test]
async fn a_request_that_names_no_lease_gets_what_is_parked_in_the_default_pool() {
    let (pool, endpoint, key) = pool_with_peer("default").await;
    let id = parked(pool, endpoint).await;
    let origin = Client::shared().unwrap().pool().origin(&key);
    let warmline_pool::Checkout::Ready(lease) = origin.checkout() else {
        panic!("what is parked is idle");
    };
    assert!(take(id).is_none());
    drop(lease);
    let id = pool.get(endpoint, Holder::PROCESS).unwrap();
    assert_eq!(pool.park(id), Return::Parked);
    let taken = take(id).unwrap();
    assert!(matches!(
        origin.checkout(),
        warmline_pool::Checkout::Connect(_)
    ));
    assert!(put(taken));
}

#[tokio::test]
async fn nothing_but_a_connection_at_rest_is_parked() {
    let (pool, endpoint, key) = pool_with_peer("parked: at rest").await;
    let connecting = pool.get(endpoint, Holder::PROCESS).unwrap();
    let ended = pool.park(connecting);
    // The engine may have been quick.
    assert_ne!(ended, Return::NoLease);
    let id = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    let guard = LeasedConnection::of(id).unwrap().begin(&key).await.unwrap();
    assert_eq!(pool.park(id), Return::Returned);
    guard.finish(true);
    let elsewhere = NamedPool::open("parked: at rest elsewhere").unwrap();
    let id = pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap();
    assert_eq!(elsewhere.park(id), Return::NoLease);
    assert_eq!(pool.park(id), Return::Parked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_that_take_and_put_by_themselves_never_exceed_the_limit_nor_share_an_id() {
    let (pool, endpoint, _key) = pool_with_peer("parked: threads").await;
    let mut warm = Vec::new();
    for _ in 0..PER_ENDPOINT {
        warm.push(pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap());
    }
    for id in warm {
        assert!(pool.put(id));
    }
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            std::thread::spawn(move || {
                let mut seen = Vec::new();
                let mut within_reach: Vec<LeaseId> = Vec::new();
                for turn in 0..4_000 {
                    assert!(pool.stats().active_connections <= PER_ENDPOINT + 8);
                    let taken = within_reach.pop().and_then(take);
                    let Some(id) = taken.or_else(|| pool.get(endpoint, Holder::PROCESS)) else {
                        continue;
                    };
                    seen.push(id);
                    if (turn + thread) % 50 == 0 {
                        assert!(pool.put(id));
                    } else if put(id) {
                        within_reach.push(id);
                    } else {
                        match pool.park(id) {
                            Return::Parked => within_reach.push(id),
                            Return::Returned => {}
                            Return::NoLease => panic!("{id:?} was ended by another thread"),
                        }
                    }
                }
                seen
            })
        })
        .collect();
    let waiters: Vec<_> = (0..200)
        .map(|_| {
            tokio::spawn(async move {
                pool.put(pool.acquire(endpoint, Holder::PROCESS, None).await.unwrap())
            })
        })
        .collect();
    for waiter in waiters {
        assert!(waiter.await.unwrap());
    }
    let mut all = HashSet::new();
    for thread in threads {
        for id in thread.join().unwrap() {
            assert!(all.insert(id.get()), "an id was given out twice");
        }
    }
    let stats = pool.stats();
    assert_eq!((stats.active_connections, stats.waiting), (0, 0));
    assert!(stats.idle_connections <= PER_ENDPOINT);
    for _ in 0..PER_ENDPOINT {
        assert!(pool.get(endpoint, Holder::PROCESS).is_some());
    }
    assert!(pool.get(endpoint, Holder::PROCESS).is_none());
}
