//! One request's life on the engine: sent, its response handed to JavaScript.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use url::Position;
use warmline_http::{Body, Compression, Error, Facts, Phase, RequestBody, Response, compress};

use crate::clients;
use crate::facts;
use crate::memory::UnderWay;
use crate::outbox::{End, Head, Order, Outbox};
use crate::parse;
use crate::provoked;
use crate::submission::RequestRecord;
use crate::wire::{done, flag};

/// A response's body of up to this size is worth one more look before its head goes out alone.
const TOGETHER_LIMIT: usize = 64 * 1024;

/// Makes sure that a slot gets its terminal record, however its exchange ends: an abort drops the
/// exchange where it stands, even before it has begun, and so does a panic.
pub(crate) struct Ending {
    pub(crate) outbox: Arc<Outbox>,
    _under_way: UnderWay,
}

impl Ending {
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self {
            outbox,
            _under_way: UnderWay::begin(),
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let error = if std::thread::panicking() {
            panicked()
        } else {
            Error::new("WARMLINE_ABORTED", Phase::Pool, "the exchange was stopped")
        };
        // Does nothing when the end was posted already, which is the rule.
        self.outbox.end(End::Failed(Box::new(error)));
    }
}

/// The error of whatever a panic put an end to. What the panic said is on standard error: it may be about
/// anything, and errors tell no secrets.
pub(crate) fn panicked() -> Error {
    let message = "the engine met a defect of its own; please report it";
    Error::new("WARMLINE_PANIC", Phase::Pool, message)
}

pub(crate) fn run(
    record: RequestRecord,
    body: RequestBody,
    ending: Ending,
) -> impl Future<Output = ()> + Send {
    let whole = record.flags & flag::WHOLE != 0;
    let start = Instant::now();
    // Boxed: a stream that goes on for minutes should not keep what it took to get its head.
    let opening = Box::pin(open(record, body));
    async move {
        let outbox = &ending.outbox;
        let result = async {
            let (head, body, facts) = opening.await?;
            if whole {
                return deliver_whole(head, body, facts, start, outbox).await;
            }
            deliver(head, body, start, outbox).await
        };
        if let Err(error) = result.await {
            outbox.end(failed(error, start));
        }
    }
}

/// Sends the request and waits for the head of its response.
async fn open(record: RequestRecord, body: RequestBody) -> Result<(Head, Body, Facts), Error> {
    provoked::panic_at("opening");
    let client = match record.lease {
        0 => clients::get_for(record.client, || parse::url_of(&record))?,
        // Its connection is of the client that everybody shares, or of its own pool.
        _ => clients::get(record.client)?,
    };
    let compression = compression(record.flags);
    let mut request = parse::request(record, body, &client)?;
    let routed = request.route.is_some();
    if let Some(compression) = compression {
        request = Box::pin(compress(request, compression)).await?;
    }
    let response = client.send(request).await?;
    Ok((head(&response, routed), response.body, response.facts))
}

fn compression(flags: u32) -> Option<Compression> {
    match flags >> flag::COMPRESS_SHIFT & flag::COMPRESS_MASK {
        flag::COMPRESS_GZIP => Some(Compression::Gzip),
        flag::COMPRESS_ZSTD => Some(Compression::Zstd),
        _ => None,
    }
}

/// As [`run`], for a body that JavaScript makes piece by piece while the request is under way.
pub(crate) async fn run_streaming(
    record: RequestRecord,
    body: RequestBody,
    relay: impl Future<Output = ()>,
    ending: Ending,
) {
    let exchange = run(record, body, ending);
    tokio::pin!(exchange, relay);
    // The exchange's end is the end: whatever of the body was not wanted then stays unread.
    tokio::select! {
        biased;
        () = &mut exchange => {}
        () = &mut relay => exchange.await,
    }
}

/// Hands a response over once all of it is there.
async fn deliver_whole(
    head: Head,
    mut body: Body,
    facts: Facts,
    start: Instant,
    outbox: &Arc<Outbox>,
) -> Result<(), Error> {
    let mut chunks = VecDeque::new();
    loop {
        match body.chunk().await {
            Ok(Some(chunk)) => chunks.push_back(chunk),
            Ok(None) => break,
            Err(mut error) => {
                error.facts = Some(Box::new(facts));
                return Err(error);
            }
        }
    }
    outbox.whole(head, chunks, start.elapsed());
    Ok(())
}

async fn deliver(
    head: Head,
    mut body: Body,
    start: Instant,
    outbox: &Arc<Outbox>,
) -> Result<(), Error> {
    let mut chunks = VecDeque::new();
    let gathered = gather(&mut body, &mut chunks).await;
    if matches!(gathered, Gathered::Everything) {
        outbox.whole(head, chunks, start.elapsed());
        return Ok(());
    }
    outbox.head(head);
    provoked::panic_at("body");
    let overdue = body.until_overdue();
    let mut rest = Rest {
        waiting: chunks,
        failure: match gathered {
            Gathered::Failure(error) => Some(error),
            Gathered::Everything | Gathered::Part => None,
        },
        body,
    };
    let order = tokio::select! {
        biased;
        handed_over = rest.hand_over(outbox) => {
            let end = match handed_over {
                Ok(()) => End::Complete(start.elapsed()),
                Err(error) => failed(error, start),
            };
            outbox.end_unless_ordered(end).err().map(|(order, end)| {
                if let End::Failed(error) = end {
                    rest.failure = Some(*error);
                }
                order
            })
        }
        // A reader that does not read must not keep the connection for longer.
        () = overdue => return Err(rest.body.overdue()),
        order = outbox.until_ordered() => Some(order),
    };
    match order {
        None => {}
        Some(Order::Forgo) => {
            Box::pin(rest.body.drain()).await;
            outbox.end(End::Complete(start.elapsed()));
        }
        Some(Order::Relay(order)) => Box::pin(order.run(&mut rest, outbox)).await,
    }
    Ok(())
}

fn failed(mut error: Error, start: Instant) -> End {
    error.facts.get_or_insert_default().took = Some(start.elapsed());
    End::Failed(Box::new(error))
}

/// What is to come of a body.
pub(crate) struct Rest {
    /// Comes first.
    pub(crate) waiting: VecDeque<Bytes>,
    /// What broke the body off after that.
    failure: Option<Error>,
    body: Body,
}

impl Rest {
    /// Passes all of it to JavaScript. Dropped before its end, nothing is lost.
    async fn hand_over(&mut self, outbox: &Arc<Outbox>) -> Result<(), Error> {
        while let Some(chunk) = poll_fn(|cx| self.poll_chunk(cx)).await {
            outbox.chunk(chunk?).await?;
        }
        Ok(())
    }

    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        if let Some(chunk) = self.waiting.pop_front() {
            return Poll::Ready(Some(Ok(chunk)));
        }
        match self.failure.take() {
            Some(error) => Poll::Ready(Some(Err(error))),
            None => self.body.poll_chunk(cx),
        }
    }
}

/// What came of a body without waiting.
enum Gathered {
    Everything,
    /// There is, or may be, more to come.
    Part,
    /// It broke off. What came before is the caller's to see, and first of all the head.
    Failure(Error),
}

/// Takes as much of the body as has arrived already; it never waits for the network.
async fn gather(body: &mut Body, chunks: &mut VecDeque<Bytes>) -> Gathered {
    let mut size = 0;
    poll_fn(|cx| {
        loop {
            match body.poll_chunk(cx) {
                Poll::Ready(Some(Ok(chunk))) => {
                    size += chunk.len();
                    chunks.push_back(chunk);
                    if size > TOGETHER_LIMIT {
                        return Poll::Ready(Gathered::Part);
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Gathered::Failure(error)),
                Poll::Ready(None) => return Poll::Ready(Gathered::Everything),
                Poll::Pending => return Poll::Ready(Gathered::Part),
            }
        }
    })
    .await
}

/// `routed` is a response whose URL JavaScript does not know, even without a redirect.
fn head(response: &Response, routed: bool) -> Head {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(response.reason());
    text.push(b'\n');
    if response.redirected || routed {
        // As `Response.url` shows it: without the fragment.
        text.extend_from_slice(response.target.url()[..Position::AfterQuery].as_bytes());
    }
    text.push(b'\n');
    facts::write(&response.facts, &mut text);
    text.push(b'\n');
    for (name, value) in &response.headers {
        text.extend_from_slice(name.as_str().as_bytes());
        text.push(b'\n');
        text.extend_from_slice(value.as_bytes());
        text.push(b'\n');
    }
    Head {
        status: response.status.as_u16(),
        flags: flags(response),
        text,
    }
}

fn flags(response: &Response) -> u32 {
    [
        (response.redirected, done::FLAG_REDIRECTED),
        (response.crossed_origins, done::FLAG_CROSSED_ORIGINS),
        (response.decoded, done::FLAG_DECODED),
    ]
    .into_iter()
    .filter_map(|(holds, flag)| holds.then_some(flag))
    .sum()
}
