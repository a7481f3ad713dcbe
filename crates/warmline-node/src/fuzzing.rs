//! What the targets in `fuzz/` reach of the border. There with `--cfg fuzzing` only.

use std::sync::OnceLock;

use bytes::Bytes;
use tokio::sync::mpsc;
use warmline_http::{
    Balance, Client, ClientOptions, Ejection, EndpointOptions, EndpointsOptions, Error, Request,
    RequestBody,
};

use crate::decode::{Decoding, News, Wish, list};
use crate::parse;
use crate::submission::{Batch, Command, Records, RequestRecord, SubmittedBody};
use crate::wire;

/// What the first word of a request's record is.
pub const REQUEST: u32 = wire::op::REQUEST;
/// The flags of a request that has no body, has one in its record, and is whole.
pub const BODY_NONE: u32 = wire::flag::BODY_NONE;
pub const BODY_INLINE: u32 = wire::flag::BODY_INLINE;
pub const WHOLE: u32 = wire::flag::WHOLE;

/// Reads a batch to its end and makes a request of each record that states one, as a client with two
/// endpoints does. False for a batch that is none.
pub fn submitted(
    bytes: Bytes,
    sides: Vec<Bytes>,
    mut on_request: impl FnMut(Result<Request, Error>),
) -> bool {
    let mut records = Records::new(Batch { bytes, sides });
    loop {
        match records.next() {
            Ok(Some((_, Command::Request(record)))) => on_request(request(*record)),
            Ok(Some(_)) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn request(record: RequestRecord) -> Result<Request, Error> {
    let body = match &record.body {
        SubmittedBody::None => RequestBody::Empty,
        SubmittedBody::Bytes(bytes) => RequestBody::Full(bytes.clone()),
        SubmittedBody::Stream { length, .. } => RequestBody::stream(mpsc::channel(1).1, *length),
    };
    parse::request(record, body, client())
}

fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let endpoints = ["https://one.test/v1", "http://two.test:8080"];
        let endpoints = endpoints.iter().map(|url| EndpointOptions {
            url: parse::url(url).expect("a URL"),
            weight: 1,
        });
        let endpoints = Some(EndpointsOptions {
            endpoints: endpoints.collect(),
            balance: Balance::RoundRobin,
            ejection: Ejection::default(),
            checks: None,
            failover: true,
        });
        let options = ClientOptions {
            endpoints,
            ..ClientOptions::default()
        };
        Client::new(options).expect("a client")
    })
}

/// A body on its way to JavaScript.
pub struct Crossing(Decoding);

/// What one drain hands over.
pub struct Crossed {
    /// The list of values; empty for none.
    pub json: String,
    pub words: Vec<u32>,
    pub raw: Vec<u8>,
    /// The body cannot be read on.
    pub failed: bool,
}

impl Crossing {
    /// # Panics
    /// For what nobody can wish.
    #[must_use]
    pub fn new(wish: u32) -> Self {
        Self(Decoding::new(Wish::from_word(wish).expect("a wish")))
    }

    pub fn feed(&mut self, chunk: &[u8]) -> Crossed {
        let failed = self.0.feed(chunk).is_err();
        self.drained(failed)
    }

    pub fn finish(&mut self) -> Crossed {
        let failed = self.0.finish().is_err();
        self.drained(failed)
    }

    fn drained(&mut self, failed: bool) -> Crossed {
        let News {
            json, words, raw, ..
        } = std::mem::take(self.0.news());
        Crossed {
            json: list(json),
            words,
            raw,
            failed,
        }
    }
}
