//! A bounded load generator: how many keep-alive POSTs a server on this machine can answer, or how many
//! events of streams it can pass on.

use std::error::Error;
use std::io;
use std::net::{self, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time;

use crate::arrivals::{Arrivals, age};
use crate::cli::LoadOptions;
use crate::histogram::Histogram;
use crate::server::unix_time;

/// The least room a read is given.
const READ_BYTES: usize = 16 * 1024;
const MAX_ANSWER_FIELDS: usize = 128;

struct Target {
    address: SocketAddr,
    path: String,
}

/// When the requests are sent, and from when on they count.
#[derive(Clone, Copy)]
struct Window {
    measured_from: Instant,
    end: Instant,
}

/// Runs the load and prints one line of JSON.
pub(crate) fn run(options: &LoadOptions) -> Result<(), Box<dyn Error>> {
    let target = Target::parse(&options.url)?;
    let request = request(&target, options.body_bytes, options.stream)?;
    // Connected before the clock starts: a handshake is no request.
    let mut sockets = connect(target.address, options.connections.get())?;
    let start = Instant::now();
    let window = Window {
        measured_from: start + options.warm_up,
        end: start + options.warm_up + options.measure,
    };
    let share = sockets.len().div_ceil(options.threads.get());
    let counted = thread::scope(|scope| {
        let mut workers = Vec::new();
        while !sockets.is_empty() {
            let part = sockets.split_off(sockets.len().saturating_sub(share));
            let request = &request;
            let stream = options.stream;
            workers.push(scope.spawn(move || send_from_one_thread(part, request, window, stream)));
        }
        let mut all = Histogram::new();
        for worker in workers {
            let part = worker
                .join()
                .map_err(|_| io::Error::other("a sending thread panicked"))?;
            all.merge(&part?);
        }
        Ok::<_, io::Error>(all)
    })?;
    println!("{}", report(&counted, options));
    Ok(())
}

fn report(counted: &Histogram, options: &LoadOptions) -> serde_json::Value {
    let (what, rate) = if options.stream {
        ("events", "events_per_second")
    } else {
        ("requests", "requests_per_second")
    };
    serde_json::json!({
        what: counted.total(),
        "seconds": options.measure.as_secs_f64(),
        "connections": options.connections.get(),
        rate: per_second(counted.total(), options.measure),
        "p50_us": micros(counted.percentile(50)),
        "p99_us": micros(counted.percentile(99)),
    })
}

#[expect(clippy::cast_precision_loss, reason = "no run sends 2^52 requests")]
fn per_second(count: u64, time: Duration) -> f64 {
    (count as f64 / time.as_secs_f64()).round()
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e7).round() / 10.0
}

impl Target {
    /// Only an address on this machine is taken: a load is no business of anybody else's server.
    fn parse(url: &str) -> Result<Self, Box<dyn Error>> {
        let rest = url
            .strip_prefix("http://")
            .ok_or("the URL has to begin with http://")?;
        let (host, path) = rest
            .find('/')
            .map_or((rest, "/"), |slash| rest.split_at(slash));
        let address: SocketAddr = host
            .parse()
            .map_err(|_| format!("{host} is not an IP address and a port"))?;
        if !address.ip().is_loopback() {
            return Err(format!("{address} is not a loopback address").into());
        }
        Ok(Self {
            address,
            path: path.to_owned(),
        })
    }
}

/// A chat completion request whose body has exactly this many bytes.
fn request(target: &Target, body_bytes: usize, stream: bool) -> Result<Vec<u8>, Box<dyn Error>> {
    const BEFORE: &str = r#"{"model":"mock-small","messages":[{"role":"user","content":""#;
    const STREAMED: &str =
        r#"{"stream":true,"model":"mock-small","messages":[{"role":"user","content":""#;
    const AFTER: &str = r#""}]}"#;
    let before = if stream { STREAMED } else { BEFORE };
    let padding = body_bytes
        .checked_sub(before.len() + AFTER.len())
        .ok_or_else(|| format!("a body has {} bytes at least", before.len() + AFTER.len()))?;
    let Target { address, path } = target;
    Ok(format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {body_bytes}\r\n\r\n{before}{}{AFTER}",
        "x".repeat(padding)
    )
    .into_bytes())
}

fn connect(address: SocketAddr, count: usize) -> io::Result<Vec<net::TcpStream>> {
    let connect_one = |_| {
        let socket = net::TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    (0..count).map(connect_one).collect()
}

fn send_from_one_thread(
    sockets: Vec<net::TcpStream>,
    request: &[u8],
    window: Window,
    stream: bool,
) -> io::Result<Histogram> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for socket in sockets {
            let socket = TcpStream::from_std(socket)?;
            let request = request.to_vec();
            if stream {
                tasks.spawn(stream_on_one_connection(socket, request, window));
            } else {
                tasks.spawn(send_on_one_connection(socket, request, window));
            }
        }
        let mut all = Histogram::new();
        while let Some(ended) = tasks.join_next().await {
            all.merge(&ended.map_err(io::Error::other)??);
        }
        Ok(all)
    })
}

async fn send_on_one_connection(
    mut socket: TcpStream,
    request: Vec<u8>,
    window: Window,
) -> io::Result<Histogram> {
    let mut input = Vec::with_capacity(READ_BYTES);
    let mut latencies = Histogram::new();
    let mut before = Instant::now();
    while before < window.end {
        socket.write_all(&request).await?;
        read_answer(&mut socket, &mut input).await?;
        let after = Instant::now();
        if before >= window.measured_from && after <= window.end {
            latencies.record(after - before);
        }
        before = after;
    }
    Ok(latencies)
}

/// Streams one after the other until the window closes, in whose midst the last one is left.
async fn stream_on_one_connection(
    mut socket: TcpStream,
    request: Vec<u8>,
    window: Window,
) -> io::Result<Histogram> {
    let mut delays = Histogram::new();
    let reading = async {
        loop {
            socket.write_all(&request).await?;
            read_stream(&mut socket, &mut delays, window).await?;
        }
    };
    match time::timeout_at(window.end.into(), reading).await {
        Ok(Err(error)) => Err(error),
        Ok(Ok(never)) => never,
        Err(_) => Ok(delays),
    }
}

async fn read_stream(
    socket: &mut TcpStream,
    delays: &mut Histogram,
    window: Window,
) -> io::Result<()> {
    let mut input = Vec::with_capacity(READ_BYTES);
    let body = loop {
        if socket.read_buf(&mut input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = stream_head(&input)? {
            break input.split_off(head);
        }
    };
    let mut arrivals = Arrivals::default();
    input = body;
    loop {
        let (counts, now) = (Instant::now() >= window.measured_from, unix_time());
        let ended = arrivals.feed(&input, |event| {
            // What is not stamped counts as on time.
            if counts && event.starts_with(b"data:") {
                delays.record(age(event, now).unwrap_or_default());
            }
        })?;
        if ended {
            return Ok(());
        }
        input.clear();
        if socket.read_buf(&mut input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The bytes of the head of an answer that is a stream; `None` while it is incomplete.
fn stream_head(input: &[u8]) -> io::Result<Option<usize>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_ANSWER_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let head = match response.parse(input).map_err(io::Error::other)? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return Ok(None),
    };
    let chunked = response.headers.iter().any(|header| {
        header.name.eq_ignore_ascii_case("transfer-encoding")
            && header.value.eq_ignore_ascii_case(b"chunked")
    });
    if response.code == Some(200) && chunked {
        return Ok(Some(head));
    }
    Err(io::Error::other(format!(
        "the server answered {:?}, and no chunked stream",
        response.code
    )))
}

/// Reads one answer. Nothing may follow it, since nothing else was asked for.
async fn read_answer(socket: &mut TcpStream, input: &mut Vec<u8>) -> io::Result<()> {
    input.clear();
    let mut whole = None;
    loop {
        if whole.is_none() {
            whole = answer_length(input)?;
        }
        match whole {
            Some(length) if input.len() == length => return Ok(()),
            Some(length) if input.len() > length => {
                return Err(io::Error::other("the server sent more than its answer"));
            }
            _ => {}
        }
        input.reserve(READ_BYTES);
        if socket.read_buf(input).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The bytes of the answer, its head included; `None` while the head is incomplete.
fn answer_length(input: &[u8]) -> io::Result<Option<usize>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_ANSWER_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let head = match response.parse(input).map_err(io::Error::other)? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return Ok(None),
    };
    if response.code != Some(200) {
        return Err(io::Error::other(format!(
            "the server answered {:?}",
            response.code
        )));
    }
    let length: usize = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or_else(|| io::Error::other("the answer has no content-length"))?;
    Ok(Some(head + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_put_under_load() {
        assert!(Target::parse("http://127.0.0.1:8080/v1").is_ok());
        assert!(Target::parse("http://[::1]:8080").is_ok());
        for url in [
            "http://192.168.0.1:80/",
            "http://example.com/",
            "https://127.0.0.1:443/",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_body_has_the_size_asked_for() {
        let target = Target::parse("http://127.0.0.1:80/x").unwrap();
        let request = String::from_utf8(request(&target, 1024, false).unwrap()).unwrap();
        let (_, body) = request.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.len(), 1024);
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
