//! What the cache says at which time, which address comes first, and the resolver around both.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::*;

const BOUNDS: Bounds = Bounds {
    ttl: Duration::from_secs(30),
    negative_ttl: Duration::from_secs(1),
    stale_ttl: Duration::from_secs(300),
};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn found(addresses: &[&str]) -> Found {
    Found {
        addresses: addresses.iter().map(|text| ip(text)).collect(),
        ttl: None,
    }
}

/// A cache, and a clock that stands still until it is told.
struct Told {
    cache: Cache,
    now: Instant,
}

impl Told {
    fn new(bounds: Bounds) -> Self {
        Self {
            cache: Cache::new(bounds),
            now: Instant::now(),
        }
    }

    fn later(&mut self, seconds: f64) {
        self.now += Duration::from_secs_f64(seconds);
    }

    fn settle(&mut self, outcome: LookedUp) -> Answer {
        self.cache.settle("a.test", outcome, self.now)
    }

    /// What is to be done about `a.test`, in a word, with the address that is used meanwhile.
    fn ask(&mut self) -> String {
        let step = self.cache.ask("a.test", self.now);
        Self::shown(&step)
    }

    fn shown(step: &Step) -> String {
        let first = |addresses: &Addresses| addresses.next(0)[0].ip();
        match step {
            Step::Fresh(addresses) => format!("fresh {}", first(addresses)),
            Step::Stale(addresses, None) => format!("stale {}", first(addresses)),
            Step::Stale(addresses, Some(_)) => format!("stale {}, look up", first(addresses)),
            Step::Missing(failure) => format!("missing {}", failure.code),
            Step::Wait(_) => "wait".to_owned(),
            Step::LookUp(_) => "look up".to_owned(),
        }
    }
}

#[test]
fn an_answer_is_fresh_then_stale_then_forgotten() {
    let mut told = Told::new(BOUNDS);
    assert_eq!(told.ask(), "look up");
    assert_eq!(told.ask(), "wait");
    told.settle(Ok(found(&["10.0.0.1"]))).unwrap();
    told.later(29.999);
    assert_eq!(told.ask(), "fresh 10.0.0.1");
    told.later(0.001);
    assert_eq!(told.ask(), "stale 10.0.0.1, look up");
    assert_eq!(told.ask(), "stale 10.0.0.1", "one look-up is enough");
    told.later(299.999);
    assert_eq!(told.ask(), "stale 10.0.0.1");
    told.later(0.001);
    assert_eq!(told.ask(), "wait");
    told.settle(Ok(found(&["10.0.0.2"]))).unwrap();
    assert_eq!(told.ask(), "fresh 10.0.0.2");
}

#[test]
fn a_resolver_that_fails_is_bridged_and_not_asked_all_the_time() {
    let mut told = Told::new(BOUNDS);
    told.ask();
    told.settle(Ok(found(&["10.0.0.1"]))).unwrap();
    told.later(30.0);
    assert_eq!(told.ask(), "stale 10.0.0.1, look up");
    told.settle(Err("EAI_AGAIN".into())).unwrap_err();
    assert_eq!(told.ask(), "stale 10.0.0.1");
    told.later(1.0);
    assert_eq!(told.ask(), "stale 10.0.0.1, look up");
}

#[test]
fn a_name_that_is_gone_is_not_bridged() {
    let mut told = Told::new(BOUNDS);
    told.ask();
    told.settle(Ok(found(&["10.0.0.1"]))).unwrap();
    told.later(30.0);
    told.ask();
    told.settle(Err(LookupFailure::not_found())).unwrap_err();
    assert_eq!(told.ask(), "missing ENOTFOUND");
    told.later(0.999);
    assert_eq!(told.ask(), "missing ENOTFOUND");
    told.later(0.001);
    assert_eq!(told.ask(), "look up");
}

#[test]
fn only_an_answer_is_remembered_and_not_a_failure_to_get_one() {
    let mut told = Told::new(BOUNDS);
    told.ask();
    told.settle(Err("EAI_AGAIN".into())).unwrap_err();
    assert_eq!(told.ask(), "look up");
}

#[test]
fn no_address_is_no_name() {
    let mut told = Told::new(BOUNDS);
    told.ask();
    assert_eq!(told.settle(Ok(found(&[]))).unwrap_err().code, "ENOTFOUND");
    assert_eq!(told.ask(), "missing ENOTFOUND");
}

#[test]
fn a_time_to_live_that_is_known_shortens_ours_and_never_lengthens_it() {
    for (own, fresh_for) in [(5, 5.0), (3600, 30.0)] {
        let mut told = Told::new(BOUNDS);
        told.ask();
        told.settle(Ok(Found {
            ttl: Some(Duration::from_secs(own)),
            ..found(&["10.0.0.1"])
        }))
        .unwrap();
        told.later(fresh_for - 0.001);
        assert_eq!(told.ask(), "fresh 10.0.0.1");
        told.later(0.001);
        assert_eq!(told.ask(), "stale 10.0.0.1, look up");
    }
}

#[test]
fn without_a_time_to_live_nothing_is_kept_and_look_ups_are_shared_all_the_same() {
    let mut told = Told::new(Bounds {
        ttl: Duration::ZERO,
        negative_ttl: Duration::ZERO,
        ..BOUNDS
    });
    assert_eq!(told.ask(), "look up");
    assert_eq!(told.ask(), "wait");
    told.settle(Ok(found(&["10.0.0.1"]))).unwrap();
    assert_eq!(told.ask(), "look up");
    told.settle(Err(LookupFailure::not_found())).unwrap_err();
    assert_eq!(told.ask(), "look up");
}

#[test]
fn stale_addresses_that_do_not_answer_are_looked_up_again_at_once() {
    let mut told = Told::new(BOUNDS);
    told.ask();
    told.settle(Ok(found(&["10.0.0.1"]))).unwrap();
    let again = |told: &mut Told| Told::shown(&told.cache.ask_again("a.test", told.now));
    assert_eq!(again(&mut told), "fresh 10.0.0.1");
    told.later(30.0);
    assert_eq!(told.ask(), "stale 10.0.0.1, look up");
    assert_eq!(again(&mut told), "wait");
    told.settle(Err("EAI_AGAIN".into())).unwrap_err();
    assert_eq!(again(&mut told), "look up");
}

#[test]
fn names_that_are_made_up_do_not_fill_the_memory() {
    let mut cache = Cache::new(BOUNDS);
    let mut now = Instant::now();
    for number in 0..5000 {
        let name = format!("{number}.test");
        assert!(matches!(cache.ask(&name, now), Step::LookUp(_)));
        cache.settle(&name, Ok(found(&["10.0.0.1"])), now).unwrap();
        now += Duration::from_millis(1);
    }
    assert!(matches!(cache.ask("4999.test", now), Step::Fresh(_)));
    assert!(matches!(cache.ask("4000.test", now), Step::Fresh(_)));
    assert!(matches!(cache.ask("3000.test", now), Step::LookUp(_)));
}

fn shown(addresses: &[SocketAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

#[test]
fn families_take_turns_and_no_address_is_tried_twice() {
    let given = ["::1", "::2", "::1", "127.0.0.1"].map(ip);
    let addresses = Addresses::new(given.into(), 0).unwrap();
    assert_eq!(
        shown(&addresses.next(80)),
        ["[::1]:80", "127.0.0.1:80", "[::2]:80"]
    );
    // The resolver's favourite family stays in front, whoever's turn it is within.
    assert_eq!(
        shown(&addresses.next(80)),
        ["[::2]:80", "127.0.0.1:80", "[::1]:80"]
    );
}

#[test]
fn addresses_take_turns_over_look_ups() {
    let given = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
    let mut told = Told::new(BOUNDS);
    told.ask();
    told.settle(Ok(found(&given))).unwrap();
    let mut firsts: Vec<String> = (0..4).map(|_| told.ask()).collect();
    told.later(30.0);
    firsts.push(told.ask());
    told.settle(Ok(found(&given))).unwrap();
    firsts.push(told.ask());
    let firsts: Vec<&str> = firsts.iter().map(|first| &first[6..14]).collect();
    assert_eq!(
        firsts,
        [
            "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1", "10.0.0.2", "10.0.0.3"
        ]
    );
}

#[test]
fn an_address_that_failed_goes_last_until_it_answers_or_a_minute_has_passed() {
    let [a, b, c] = ["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"].map(|a| a.parse().unwrap());
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut suspects = Suspects::default();
    let ordered = |suspects: &Suspects, now| {
        let mut addresses = [a, b, c];
        suspects.go_last(&mut addresses, now);
        addresses
    };
    suspects.accuse(b, start);
    suspects.accuse(a, after(10));
    assert_eq!(ordered(&suspects, after(20)), [c, b, a]);
    assert_eq!(ordered(&suspects, after(60)), [b, c, a]);
    suspects.accuse(b, after(60));
    suspects.clear(a);
    assert_eq!(ordered(&suspects, after(60)), [a, c, b]);
    assert_eq!(ordered(&suspects, after(120)), [a, b, c]);
}

/// Answers as often as it is allowed to, each time with the next address.
#[derive(Clone)]
struct Scripted {
    asked: Arc<AtomicUsize>,
    allowed: Arc<Semaphore>,
    outcome: fn(usize) -> LookedUp,
}

impl Lookup for Scripted {
    fn look_up(&self, name: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>> {
        assert_eq!(&*name, "a.test");
        let Self {
            asked,
            allowed,
            outcome,
        } = self.clone();
        Box::pin(async move {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            allowed.acquire().await.unwrap().forget();
            outcome(number)
        })
    }
}

fn scripted(allowed: usize, outcome: fn(usize) -> LookedUp) -> (Scripted, Resolver) {
    let lookup = Scripted {
        asked: Arc::default(),
        allowed: Arc::new(Semaphore::new(allowed)),
        outcome,
    };
    let resolver = Resolver::new(DnsOptions {
        hosts: HashMap::from([("static.test".into(), vec![ip("127.0.0.7"), ip("::7")])]),
        lookup: Some(Arc::new(lookup.clone())),
        ..DnsOptions::default()
    });
    (lookup, resolver)
}

#[tokio::test]
async fn a_literal_address_and_a_static_host_need_no_look_up() {
    let (lookup, resolver) = scripted(0, |_| unreachable!());
    for (host, expected) in [
        ("127.0.0.1", ["127.0.0.1:9"].as_slice()),
        ("::1", &["[::1]:9"]),
        ("static.test", &["127.0.0.7:9", "[::7]:9"]),
    ] {
        let found = resolver.resolve(host, 9).await.unwrap();
        assert_eq!(shown(&found.addresses), expected);
    }
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn those_who_ask_for_a_name_share_one_look_up_and_those_who_come_later_its_answer() {
    let (lookup, resolver) = scripted(0, |_| Ok(found(&["127.0.0.9"])));
    let first = resolver.resolve("a.test", 1);
    let second = resolver.resolve("a.test", 2);
    let answer = async { lookup.allowed.add_permits(1) };
    let (first, second, ()) = tokio::join!(first, second, answer);
    assert_eq!(shown(&first.unwrap().addresses), ["127.0.0.9:1"]);
    assert_eq!(shown(&second.unwrap().addresses), ["127.0.0.9:2"]);
    let third = resolver.resolve("a.test", 3).await.unwrap();
    assert_eq!(shown(&third.addresses), ["127.0.0.9:3"]);
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn who_gives_up_leaves_the_look_up_to_those_who_come_later() {
    let (lookup, resolver) = scripted(0, |_| Ok(found(&["127.0.0.9"])));
    let mut impatient = Box::pin(resolver.resolve("a.test", 1));
    tokio::select! {
        biased;
        _ = &mut impatient => unreachable!("nobody has answered"),
        () = tokio::task::yield_now() => {}
    }
    drop(impatient);
    lookup.allowed.add_permits(1);
    let found = resolver.resolve("a.test", 2).await.unwrap();
    assert_eq!(shown(&found.addresses), ["127.0.0.9:2"]);
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_name_without_address_is_told_by_code_and_phase_and_remembered() {
    let (lookup, resolver) = scripted(9, |_| Err(LookupFailure::not_found()));
    for _ in 0..3 {
        let error = resolver.resolve("a.test", 1).await.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("ENOTFOUND", Phase::Dns)
        );
        assert_eq!(error.message, "look up of a.test failed: ENOTFOUND");
    }
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_accused_address_is_tried_last() {
    let (_, resolver) = scripted(1, |_| Ok(found(&["10.0.0.1", "10.0.0.2"])));
    let first = resolver.resolve("a.test", 1).await.unwrap().addresses[0];
    resolver.accuse(first);
    for _ in 0..2 {
        let next = resolver.resolve("a.test", 1).await.unwrap();
        assert_eq!(next.addresses[1], first);
    }
    // Another port is another server, and who answers is not suspected any more.
    let firsts_of_two = async |port| {
        let first = async || resolver.resolve("a.test", port).await.unwrap().addresses[0].ip();
        [first().await, first().await]
    };
    assert!(firsts_of_two(2).await.contains(&first.ip()));
    assert!(!firsts_of_two(1).await.contains(&first.ip()));
    resolver.clear(first);
    assert!(firsts_of_two(1).await.contains(&first.ip()));
}
