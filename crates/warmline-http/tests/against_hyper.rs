//! Whatever a server may answer, cut wherever the network cuts it, is read as hyper reads it.

#[allow(dead_code, reason = "each test binary uses its part of the peer")]
mod peer;

use std::future::poll_fn;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use warmline_http::Key;
use warmline_http::transport::RequestBody;

/// What became of a request.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// There was no response.
    Refused,
    Response {
        status: u16,
        version: Version,
        headers: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
        complete: bool,
    },
}

/// An answer, and where it is cut on its way.
#[derive(Clone, Debug)]
struct Script {
    method: Method,
    answer: Vec<u8>,
    cuts: Vec<Index>,
}

fn line() -> impl Strategy<Value = String> {
    let status = prop_oneof![
        6 => Just(200_u16),
        1 => select(vec![100, 103, 101, 199, 204, 206, 304, 404, 500, 599, 999]),
    ];
    let reason = select(vec!["OK", "", "Something Else", "with \t tab"]);
    let version = prop_oneof![8 => Just("HTTP/1.1"), 1 => Just("HTTP/1.0"), 1 => Just("HTTP/1.2")];
    (version, status, reason).prop_map(|(version, status, reason)| {
        if reason.is_empty() {
            format!("{version} {status:03}\r\n")
        } else {
            format!("{version} {status:03} {reason}\r\n")
        }
    })
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec![
            "content-type: text/plain",
            "X-Empty:",
            "x-spaces:   \t padded \t ",
            "x-latin: \u{e9}",
            "Connection: close",
            "connection: keep-alive, foo",
        ]).prop_map(str::to_owned),
        2 => ("[a-z-]{1,12}", "[ -~]{0,20}").prop_map(|(name, value)| format!("x-{name}: {value}")),
        1 => select(vec![
            "content-length: 5",
            "content-length: 5, 5",
            "Content-Length: 05",
            "content-length: 6",
            "content-length: +5",
            "content-length: ",
            "transfer-encoding: chunked",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: identity",
            "no colon",
            "bad name: 1",
            " folded: 1",
        ]).prop_map(str::to_owned),
    ]
}

/// A body, and the field that announces it.
fn body() -> impl Strategy<Value = (Option<String>, Vec<u8>)> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let chunk = (
        bytes(),
        select(vec!["", ";a", ";a=b;c=\"d\"", " ", "\t ;x"]),
        any::<bool>(),
    );
    let chunked = (
        prop::collection::vec(chunk, 0..6),
        select(vec!["", "trailer: 1\r\n", "a: b\r\nc: d\r\n"]),
    )
        .prop_map(|(chunks, trailers)| {
            let mut body = Vec::new();
            for (data, extension, upper) in chunks.iter().filter(|(data, ..)| !data.is_empty()) {
                let size = if *upper {
                    format!("{:X}", data.len())
                } else {
                    format!("{:03x}", data.len())
                };
                body.extend_from_slice(format!("{size}{extension}\r\n").as_bytes());
                body.extend_from_slice(data);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            (Some("transfer-encoding: chunked".to_owned()), body)
        });
    prop_oneof![
        2 => bytes().prop_map(|body| (Some(format!("content-length: {}", body.len())), body)),
        1 => bytes().prop_map(|body| (None, body)),
        3 => chunked,
    ]
}

fn script() -> impl Strategy<Value = Script> {
    let interim = prop_oneof![
        4 => Just(""),
        1 => Just("HTTP/1.1 100 Continue\r\n\r\n"),
        1 => Just("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
    ];
    let mutation = prop::option::weighted(0.4, (any::<Index>(), any::<u8>(), 0..3));
    (
        prop_oneof![4 => Just(Method::GET), 1 => Just(Method::HEAD), 1 => Just(Method::POST)],
        (
            interim,
            line(),
            prop::collection::vec(field(), 0..5),
            body(),
        ),
        mutation,
        prop::collection::vec(any::<Index>(), 0..4),
    )
        .prop_map(
            |(method, (interim, line, fields, (framing, body)), mutation, cuts)| {
                let mut answer = format!("{interim}{line}").into_bytes();
                for field in framing.iter().chain(&fields) {
                    // Latin-1, as fields are on the wire.
                    answer.extend(
                        field
                            .chars()
                            .map(|char| u8::try_from(u32::from(char)).unwrap()),
                    );
                    answer.extend_from_slice(b"\r\n");
                }
                answer.extend_from_slice(b"\r\n");
                answer.extend_from_slice(&body);
                if let Some((index, byte, kind)) = mutation {
                    let at = index.index(answer.len());
                    match kind {
                        0 => answer[at] = byte,
                        1 => answer.insert(at, byte),
                        _ => answer.truncate(at),
                    }
                }
                Script {
                    method,
                    answer,
                    cuts,
                }
            },
        )
}

/// Lets everybody else on this thread do what they can.
async fn everybody_else() {
    for _ in 0..8 {
        yield_now().await;
    }
}

/// A peer that answers each request with the script's bytes, cut where it says, and closes.
async fn answering(script: &Script) -> Key {
    let mut cuts: Vec<_> = script
        .cuts
        .iter()
        .map(|cut| cut.index(script.answer.len() + 1))
        .collect();
    cuts.sort_unstable();
    let answer = script.answer.clone();
    peer::start(move |mut stream| {
        let (answer, cuts) = (answer.clone(), cuts.clone());
        async move {
            peer::read_request(&mut stream).await;
            let mut from = 0;
            for cut in cuts.into_iter().chain([answer.len()]) {
                // A client that has had enough closes first.
                let _ = stream.write_all(&answer[from..cut]).await;
                everybody_else().await;
                from = cut;
            }
        }
    })
    .await
}

fn listed(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect()
}

async fn ours(script: &Script) -> Outcome {
    let connection = peer::connect(&answering(script).await).await;
    let request = peer::Request {
        method: script.method.clone(),
        body: RequestBody::Empty,
    };
    let Ok((head, mut incoming)) = peer::send(&connection, request).await else {
        return Outcome::Refused;
    };
    let mut body = Vec::new();
    let complete = loop {
        match poll_fn(|cx| incoming.poll_chunk(cx)).await {
            Some(Ok(chunk)) => {
                assert!(!chunk.is_empty(), "an empty piece says nothing");
                body.extend_from_slice(&chunk);
            }
            Some(Err(_)) => break false,
            None => break true,
        }
    };
    assert!(incoming.is_end());
    Outcome::Response {
        status: head.status.as_u16(),
        version: head.version,
        headers: listed(&head.headers),
        body,
        complete,
    }
}

async fn hypers(script: &Script) -> Outcome {
    let key = answering(script).await;
    let stream = TcpStream::connect((&*key.host, key.port)).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_headers(256)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request = http::Request::new(Empty::new());
    *request.method_mut() = script.method.clone();
    request
        .headers_mut()
        .insert("host", "peer.test".parse().unwrap());
    let Ok(response) = sender.send_request(request).await else {
        return Outcome::Refused;
    };
    let (head, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let complete = loop {
        match incoming.frame().await {
            Some(Ok(frame)) => body.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Some(Err(_)) => break false,
            None => break true,
        }
    };
    Outcome::Response {
        status: head.status.as_u16(),
        version: head.version,
        headers: listed(&head.headers),
        body,
        complete,
    }
}

/// Where we are stricter, on purpose: a length stated in two ways may be two responses to somebody
/// else on the way, and nobody asked for another protocol or for a coding besides chunked.
fn refused_by_us_alone(method: &Method, outcome: &Outcome) -> bool {
    let Outcome::Response {
        status,
        version,
        headers,
        ..
    } = outcome
    else {
        return false;
    };
    let values = |wanted: &'static str| {
        headers
            .iter()
            .filter(move |(name, _)| name == wanted)
            .map(|(_, value)| value.to_ascii_lowercase())
    };
    let coded =
        values("transfer-encoding").any(|value| value != b"chunked" && value != b"identity");
    let coded_twice = values("transfer-encoding").any(|value| value == b"identity")
        && values("transfer-encoding").any(|value| value == b"chunked");
    let has_body =
        *method != Method::HEAD && !matches!(status, 204 | 304) && *version == Version::HTTP_11;
    *status == 101
        || (values("content-length").next().is_some()
            && values("transfer-encoding").next().is_some())
        || (has_body && (coded || coded_twice))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn every_answer_is_read_as_hyper_reads_it(script in script()) {
        let (ours, hypers) = runtime().block_on(async { (ours(&script).await, hypers(&script).await) });
        let expected = if refused_by_us_alone(&script.method, &hypers) { Outcome::Refused } else { hypers };
        prop_assert_eq!(ours, expected);
    }
}
