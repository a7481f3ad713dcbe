//! `NO_PROXY`: the hosts that are reached directly.

use std::net::IpAddr;

/// What a `NO_PROXY` variable names.
#[derive(Clone, Debug, Default)]
pub(super) struct Bypass(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    hosts: Hosts,
    /// Only at this port.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    /// `*`
    All,
    /// `example.com` and `.example.com`: the name and all below it.
    Tree(String),
    /// `*.example.com`: all below the name.
    Below(String),
    /// An address, or a block of them as in `10.0.0.0/8`. Names are not looked up for it.
    Block(IpAddr, u8),
}

impl Bypass {
    /// Entries between commas or blanks, in the forms that curl and undici take.
    pub(super) fn parse(text: &str) -> Self {
        let entries = text.split([',', ' ', '\t', '\n', '\r']);
        Self(
            entries
                .filter(|entry| !entry.is_empty())
                .map(Entry::parse)
                .collect(),
        )
    }

    /// Whether a host, an address without brackets, is to be reached directly.
    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        let address = host.parse().ok();
        self.0.iter().any(|entry| {
            entry.port.is_none_or(|only| only == port) && entry.hosts.has(host, address)
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Self {
        let (hosts, port) = split_port(text);
        Self {
            hosts: Hosts::parse(hosts),
            port,
        }
    }
}

/// A port stands after the only colon, or after brackets: an address alone is full of colons.
fn split_port(text: &str) -> (&str, Option<u16>) {
    if let Some(bracketed) = text.strip_prefix('[') {
        if let Some((address, rest)) = bracketed.split_once(']') {
            let port = rest.strip_prefix(':').and_then(|port| port.parse().ok());
            return (address, port);
        }
        return (text, None);
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (text, None),
        },
        _ => (text, None),
    }
}

impl Hosts {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::All;
        }
        let (network, bits) = match text.split_once('/') {
            Some((network, bits)) => (network, bits.parse().ok()),
            None => (text, Some(u8::MAX)),
        };
        if let (Ok(address), Some(bits)) = (network.parse(), bits) {
            return Self::Block(address, bits);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if let Some(below) = name.strip_prefix("*.") {
            return Self::Below(below.into());
        }
        Self::Tree(name.strip_prefix('.').unwrap_or(&name).into())
    }

    fn has(&self, host: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::All => true,
            Self::Tree(name) => host.eq_ignore_ascii_case(name) || is_below(host, name),
            Self::Below(name) => is_below(host, name),
            Self::Block(network, bits) => {
                address.is_some_and(|address| is_within(address, *network, *bits))
            }
        }
    }
}

fn is_below(host: &str, name: &str) -> bool {
    let (host, name) = (host.as_bytes(), name.as_bytes());
    let Some(dot) = host.len().checked_sub(name.len() + 1) else {
        return false;
    };
    host[dot] == b'.' && host[dot + 1..].eq_ignore_ascii_case(name)
}

/// Whether the first `bits` of both are equal. An IPv4 address in IPv6 clothes is the IPv4 address.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address.to_canonical(), network.to_canonical()) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= u32::from(bits.min(32))
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= u32::from(bits.min(128))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_covers_what_it_should_and_nothing_else() {
        for (text, covered, others) in [
            ("", &[][..], &["a.test", "127.0.0.1"][..]),
            ("*", &["a.test", "127.0.0.1", "::1"], &[]),
            ("b.test, *", &["a.test"], &[]),
            (
                "a.test",
                &["a.test", "A.TEST", "a.test.", "x.a.test", "y.x.a.test"],
                &["ba.test", "test", "a.test.b"],
            ),
            (".a.test", &["a.test", "x.a.test"], &["ba.test"]),
            ("*.a.test", &["x.a.test"], &["a.test", "xa.test"]),
            ("A.Test.", &["a.test"], &[]),
            (
                "x.test,a.test  b.test\tc.test",
                &["a.test", "b.test", "c.test"],
                &["d.test"],
            ),
            ("10.1.2.3", &["10.1.2.3"], &["10.1.2.30", "10.1.2"]),
            (
                "10.1.0.0/16",
                &["10.1.2.3", "10.1.255.255"],
                &["10.2.0.0", "10.test"],
            ),
            ("10.0.0.0/0", &["1.2.3.4"], &["::1", "a.test"]),
            ("::1", &["::1", "0:0:0:0:0:0:0:1"], &["::2"]),
            ("[::1]", &["::1"], &["::2"]),
            ("fd00::/8", &["fd12::1"], &["fe80::1", "10.0.0.1"]),
            ("127.0.0.1/33", &["127.0.0.1"], &["127.0.0.2"]),
            ("localhost", &["localhost"], &["127.0.0.1"]),
        ] {
            let bypass = Bypass::parse(text);
            for host in covered {
                assert!(bypass.covers(host, 443), "{text:?} covers {host}");
            }
            for host in others {
                assert!(!bypass.covers(host, 443), "{text:?} does not cover {host}");
            }
        }
    }

    #[test]
    fn a_port_narrows_an_entry() {
        for (text, host) in [
            ("a.test:8443", "a.test"),
            (".a.test:8443", "x.a.test"),
            ("127.0.0.1:8443", "127.0.0.1"),
            ("[::1]:8443", "::1"),
            ("*:8443", "a.test"),
        ] {
            let bypass = Bypass::parse(text);
            assert!(bypass.covers(host, 8443), "{text}");
            assert!(!bypass.covers(host, 443), "{text}");
        }
    }
}
