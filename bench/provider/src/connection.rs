//! One connection: its requests are read, answered in their order, and sent with the latency, pace and faults asked for.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time;

use crate::http1::{self, Refusal, ResponseFraming};
use crate::knobs::{Close, Knobs};
use crate::reader::{Progress, Reader};
use crate::reply::{Api, Exchange, Reply};
use crate::route;
use crate::server::Shared;
use crate::stats::Stats;
use crate::stream::{Step, Stream};

/// Room for a read. Most requests fit in one.
const READ_BYTES: usize = 16 * 1024;
/// Answers wait for each other up to this size when their requests were pipelined, and so do events that are not paced.
const WRITE_BYTES: usize = 16 * 1024;
/// A client that sends more than this while its answer is under way is not read any further.
const MAX_READ_AHEAD: usize = 1024 * 1024;
/// How much is read from a client that was refused before the connection closes: a close with bytes unread would reset
/// the connection, and the client might never see why it was refused.
const MAX_DISCARDED_BYTES: usize = 1024 * 1024;
const MAX_DISCARDING: Duration = Duration::from_secs(1);

/// Serves the connection until either side closes it.
pub(crate) async fn serve(
    socket: TcpStream,
    shared: &Shared,
    stats: &Stats,
    knobs: Knobs,
    id: u64,
) {
    let mut connection = Connection {
        socket,
        shared,
        stats,
        knobs,
        id,
        served: 0,
        reader: Reader::default(),
        out: Vec::new(),
        scratch: Vec::new(),
    };
    if connection.run().await.is_err() {
        stats.connection_errors.fetch_add(1, Relaxed);
    }
}

struct Connection<'a> {
    socket: TcpStream,
    shared: &'a Shared,
    /// Where its traffic is counted.
    stats: &'a Stats,
    /// What its requests get unless they ask for something else.
    knobs: Knobs,
    id: u64,
    served: u64,
    reader: Reader,
    /// Answers that were not written yet.
    out: Vec<u8>,
    scratch: Vec<u8>,
}

impl Connection<'_> {
    async fn run(&mut self) -> io::Result<()> {
        loop {
            match self.answer() {
                Ok(Progress::Request(reply)) => {
                    if self.send(reply).await?.is_break() {
                        return self.flush().await;
                    }
                }
                Ok(progress) => {
                    if let Progress::WantsContinue = progress {
                        self.out.extend_from_slice(http1::CONTINUE);
                    }
                    self.flush().await?;
                    if !self.read().await? {
                        return Ok(());
                    }
                }
                Err(refusal) => return self.refuse(refusal).await,
            }
        }
    }

    /// Appends the answer to the next request, if it is there, to the output.
    fn answer(&mut self) -> Result<Progress<Reply>, Refusal> {
        self.reader.next(|head, body| {
            self.stats.requests.fetch_add(1, Relaxed);
            self.served += 1;
            if self.served > 1 {
                self.stats.requests_reusing.fetch_add(1, Relaxed);
            }
            route::answer(Exchange {
                shared: self.shared,
                head,
                body,
                knobs: self.knobs.clone(),
                quota: None,
                api: Api::OpenAi,
                connection: self.id,
                served: self.served,
                out: &mut self.out,
                scratch: &mut self.scratch,
            })
        })
    }

    /// Sends the answer, now or with the next one. `Break`: the connection has to close.
    async fn send(&mut self, reply: Reply) -> io::Result<ControlFlow<()>> {
        if !reply.latency.is_zero() {
            let answer = self.out.split_off(reply.head);
            self.flush().await?;
            if !self.wait(reply.latency).await {
                return Ok(self.aborted());
            }
            self.out = answer;
        }
        // Where the answer begins, now that those before it may be gone.
        let head = if reply.latency.is_zero() {
            reply.head
        } else {
            0
        };
        let body = head + (reply.body - reply.head);
        match reply.close {
            Some(Close::Before) => self.out.truncate(head),
            Some(Close::Headers) => self.out.truncate(head + (body - head) / 2),
            Some(Close::Body | Close::Reset) if reply.stream.is_none() => {
                self.out.truncate(body + (self.out.len() - body) / 2);
            }
            _ => {
                if let Some(stream) = reply.stream
                    && self.play(stream).await?.is_break()
                {
                    return self.hang_up(reply.close).await;
                }
                self.stats.responses.fetch_add(1, Relaxed);
                if reply.close.is_some() || !reply.keep_alive {
                    return self.hang_up(reply.close).await;
                }
                if self.out.len() >= WRITE_BYTES {
                    self.flush().await?;
                }
                return Ok(ControlFlow::Continue(()));
            }
        }
        self.hang_up(reply.close).await
    }

    async fn hang_up(&mut self, how: Option<Close>) -> io::Result<ControlFlow<()>> {
        self.flush().await?;
        if how == Some(Close::Reset) {
            self.socket.set_zero_linger()?;
        }
        Ok(ControlFlow::Break(()))
    }

    fn aborted(&mut self) -> ControlFlow<()> {
        self.out.clear();
        self.stats.requests_aborted.fetch_add(1, Relaxed);
        ControlFlow::Break(())
    }

    /// Sends the events. `Break`: the connection has to close.
    async fn play(&mut self, mut stream: Stream) -> io::Result<ControlFlow<()>> {
        let stats = self.stats;
        let _open = stats.stream_opened();
        let mut ticks = (!stream.interval.is_zero()).then(|| {
            let first = time::Instant::now() + stream.interval;
            time::interval_at(first, stream.interval)
        });
        for number in 0.. {
            if let Some(ticks) = &mut ticks
                && stream.waits()
            {
                self.flush_stream().await?;
                tokio::select! {
                    biased;
                    _ = ticks.tick() => {}
                    () = gone(&mut self.socket, &mut self.reader, stats) => {
                        return Ok(self.aborted());
                    }
                }
            }
            match stream.step(number, &mut self.scratch, &mut self.out) {
                Step::Event => {
                    stats.events.fetch_add(1, Relaxed);
                    if self.out.len() >= WRITE_BYTES {
                        self.flush_stream().await?;
                    }
                }
                Step::End => break,
                Step::Cut => return Ok(ControlFlow::Break(())),
                Step::Silence => {
                    self.flush_stream().await?;
                    gone(&mut self.socket, &mut self.reader, stats).await;
                    return Ok(self.aborted());
                }
            }
        }
        self.flush_stream().await?;
        stats.streams_completed.fetch_add(1, Relaxed);
        Ok(ControlFlow::Continue(()))
    }

    /// Writes, and takes a failure for what it is in the midst of a stream: the client has gone.
    async fn flush_stream(&mut self) -> io::Result<()> {
        let written = self.flush().await;
        if written.is_err() {
            self.stats.requests_aborted.fetch_add(1, Relaxed);
        }
        written
    }

    /// False if the client went away meanwhile.
    async fn wait(&mut self, duration: Duration) -> bool {
        tokio::select! {
            biased;
            () = time::sleep(duration) => true,
            () = gone(&mut self.socket, &mut self.reader, self.stats) => false,
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.out.is_empty() {
            self.socket.write_all(&self.out).await?;
            Stats::add(&self.stats.bytes_out, self.out.len());
            self.out.clear();
        }
        Ok(())
    }

    /// False at the end: the client has closed, or was idle for too long.
    async fn read(&mut self) -> io::Result<bool> {
        self.reader.reserve(READ_BYTES);
        let reading = self.socket.read_buf(&mut self.reader.input);
        let count = match self.shared.keep_alive {
            None => reading.await?,
            Some(limit) => match time::timeout(limit, reading).await {
                Ok(count) => count?,
                Err(_) => 0,
            },
        };
        Stats::add(&self.stats.bytes_in, count);
        Ok(count > 0)
    }

    /// Says why nothing more is read from this connection, and closes it.
    async fn refuse(&mut self, refusal: Refusal) -> io::Result<()> {
        self.stats.refused.fetch_add(1, Relaxed);
        let framing = ResponseFraming::Length(refusal.why.len());
        http1::begin_head(&mut self.out, refusal.status, framing, false);
        self.out
            .extend_from_slice(b"content-type: text/plain\r\n\r\n");
        self.out.extend_from_slice(refusal.why.as_bytes());
        self.flush().await?;
        self.socket.shutdown().await?;
        let mut rest = (&mut self.socket).take(MAX_DISCARDED_BYTES as u64);
        let mut nowhere = tokio::io::sink();
        let discarding = tokio::io::copy(&mut rest, &mut nowhere);
        // Whichever ends it, the client had its chance to read the answer.
        let _ = time::timeout(MAX_DISCARDING, discarding).await;
        Ok(())
    }
}

/// Returns once the client has closed the connection. What it sends meanwhile, the next requests, is kept.
async fn gone(socket: &mut TcpStream, reader: &mut Reader, stats: &Stats) {
    while reader.unread() < MAX_READ_AHEAD {
        reader.reserve(READ_BYTES);
        match socket.read_buf(&mut reader.input).await {
            Ok(0) | Err(_) => return,
            Ok(count) => Stats::add(&stats.bytes_in, count),
        }
    }
    std::future::pending::<()>().await;
}
