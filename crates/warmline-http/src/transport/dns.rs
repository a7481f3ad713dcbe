//! Names to addresses, by the operating system's resolver, off the engine's threads.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use dns_lookup::LookupErrorKind;
use tokio::sync::SetOnce;
use tokio::task::spawn_blocking;

use crate::error::{Error, Phase};

/// What a look-up came to; shared by everyone who asked for the name meanwhile.
type Answer = Result<Box<[IpAddr]>, &'static str>;

type Running = HashMap<Arc<str>, Arc<SetOnce<Answer>>>;

/// Looks names up, each name once at a time however many ask for it.
#[derive(Clone, Default)]
pub(crate) struct Resolver {
    running: Arc<Mutex<Running>>,
}

impl Resolver {
    /// The addresses of a host, in the order to try them. A literal address needs no look-up.
    ///
    /// # Errors
    /// `ENOTFOUND` for a name without address, `EAI_AGAIN` where the resolver could not be
    /// reached, and other `EAI_*` codes, with phase [`Phase::Dns`].
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Error> {
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let look_up = self.join(bare);
        match look_up.wait().await {
            Ok(addresses) => Ok(by_turns(addresses, port)),
            Err(code) => Err(Error::new(
                *code,
                Phase::Dns,
                format!("look up of {bare} failed: {code}"),
            )),
        }
    }

    /// Joins the look-up of this name that is running, or starts one. It runs to its end even if
    /// everyone who waits for it gives up, so that a slow resolver is not asked again and again.
    fn join(&self, host: &str) -> Arc<SetOnce<Answer>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = running.get(host) {
            return Arc::clone(answer);
        }
        let name: Arc<str> = host.into();
        let answer = Arc::new(SetOnce::new());
        running.insert(Arc::clone(&name), Arc::clone(&answer));
        let (table, promise) = (Arc::clone(&self.running), Arc::clone(&answer));
        spawn_blocking(move || {
            let found = look_up(&name);
            table
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&name);
            // Nobody else sets it: the table held one entry for this name.
            let _ = promise.set(found);
        });
        answer
    }
}

fn look_up(name: &str) -> Answer {
    match dns_lookup::lookup_host(name) {
        Ok(addresses) => {
            let addresses: Box<[IpAddr]> = addresses.collect();
            if addresses.is_empty() {
                Err("ENOTFOUND")
            } else {
                Ok(addresses)
            }
        }
        Err(error) => Err(match error.kind() {
            LookupErrorKind::NoName | LookupErrorKind::NoData => "ENOTFOUND",
            LookupErrorKind::Again => "EAI_AGAIN",
            LookupErrorKind::Memory => "EAI_MEMORY",
            LookupErrorKind::System | LookupErrorKind::IO => "EAI_SYSTEM",
            _ => "EAI_FAIL",
        }),
    }
}

/// The families by turns, beginning with the one that the system prefers (RFC 8305 section 4), so
/// that a broken IPv6 route costs one attempt and not as many as there are IPv6 addresses.
fn by_turns(addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    let prefers_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let mut first = addresses
        .iter()
        .filter(|address| address.is_ipv6() == prefers_v6);
    let mut second = addresses
        .iter()
        .filter(|address| address.is_ipv6() != prefers_v6);
    let mut ordered = Vec::with_capacity(addresses.len());
    loop {
        let pair = [first.next(), second.next()];
        if pair == [None, None] {
            return ordered;
        }
        for address in pair.into_iter().flatten() {
            let socket = SocketAddr::new(*address, port);
            if !ordered.contains(&socket) {
                ordered.push(socket);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn families_take_turns_and_no_address_is_tried_twice() {
        let ordered = by_turns(&[ip("::1"), ip("::2"), ip("::1"), ip("127.0.0.1")], 80);
        let ordered: Vec<String> = ordered.iter().map(ToString::to_string).collect();
        assert_eq!(ordered, ["[::1]:80", "127.0.0.1:80", "[::2]:80"]);
    }

    #[tokio::test]
    async fn a_literal_address_needs_no_look_up() {
        let resolver = Resolver::default();
        for (host, expected) in [("127.0.0.1", "127.0.0.1:9"), ("[::1]", "[::1]:9")] {
            let found = resolver.resolve(host, 9).await.unwrap();
            assert_eq!(found, [expected.parse().unwrap()]);
        }
    }

    #[tokio::test]
    async fn those_who_ask_for_a_name_meanwhile_share_one_look_up() {
        let resolver = Resolver::default();
        let waiting = Arc::new(SetOnce::new());
        resolver
            .running
            .lock()
            .unwrap()
            .insert("shared.test".into(), Arc::clone(&waiting));
        let first = resolver.resolve("shared.test", 1);
        let second = resolver.resolve("shared.test", 2);
        let answer = async { waiting.set(Ok([ip("127.0.0.9")].into())).unwrap() };
        let (first, second, ()) = tokio::join!(first, second, answer);
        assert_eq!(first.unwrap(), ["127.0.0.9:1".parse().unwrap()]);
        assert_eq!(second.unwrap(), ["127.0.0.9:2".parse().unwrap()]);
    }
}
