//! How an exchange went, as a line of text: `id reused protocol attempt remote local`, then, each in
//! microseconds, `queue dns tcp tls send first-byte`. It stays text until JavaScript asks for some of it.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use warmline_http::{Facts, Phase};

/// Stands for an address that is not known.
const UNKNOWN: u8 = b'-';

pub(crate) fn write(facts: &Facts, text: &mut Vec<u8>) {
    decimal(text, facts.connection_id);
    text.extend_from_slice(if facts.reused { b" 1 " } else { b" 0 " });
    text.extend_from_slice(facts.protocol.as_bytes());
    text.push(b' ');
    decimal(text, u64::from(facts.attempt));
    let (remote, local) = facts.addresses.unzip();
    for end in [remote, local] {
        text.push(b' ');
        match end {
            Some(end) => address(text, end),
            None => text.push(UNKNOWN),
        }
    }
    for duration in [
        facts.queue,
        facts.dns,
        facts.tcp,
        facts.tls,
        facts.send,
        facts.first_byte,
    ] {
        text.push(b' ');
        decimal(text, micros(duration));
    }
}

/// How long each step towards a connection took that did not come to be, up to the last one reached: `queue dns tcp
/// tls`, each in microseconds.
pub(crate) fn reached(facts: &Facts) -> Vec<u64> {
    let steps = match facts.reached {
        None => 0,
        Some(Phase::Pool) => 1,
        Some(Phase::Dns) => 2,
        Some(Phase::Connect) => 3,
        Some(_) => 4,
    };
    let times = [facts.queue, facts.dns, facts.tcp, facts.tls];
    times.into_iter().take(steps).map(micros).collect()
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn address(text: &mut Vec<u8>, address: SocketAddr) {
    let IpAddr::V4(host) = address.ip() else {
        // Writing to memory cannot fail.
        let _ = write!(text, "{address}");
        return;
    };
    for (place, octet) in host.octets().into_iter().enumerate() {
        if place > 0 {
            text.push(b'.');
        }
        decimal(text, u64::from(octet));
    }
    text.push(b':');
    decimal(text, u64::from(address.port()));
}

/// Appends a number; the standard formatter takes ten times as long, for each of the numbers of each
/// response.
fn decimal(text: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        // A remainder of ten fits a byte.
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}
