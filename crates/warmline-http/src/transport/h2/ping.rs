//! Whether the other side is still there: it is asked when nothing has come from it for a while, with
//! requests under way or without, and has to answer in time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::{Ping, PingPong};
use tokio::time::{Instant, Sleep, sleep};

/// When a session's peer is asked for a sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingOptions {
    /// How long nothing may come before a PING is sent. Default 30 s: below what NATs and load
    /// balancers forget a connection after.
    pub interval: Duration,
    /// How long the answer, or anything else, may take after that, and the peer's first SETTINGS after
    /// the connection was opened. Default 15 s.
    pub deadline: Duration,
}

impl Default for PingOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(30),
            deadline: Duration::from_secs(15),
        }
    }
}

pub(super) struct Heartbeat {
    options: PingOptions,
    pings: PingPong,
    expects: Expects,
    timer: Pin<Box<Sleep>>,
    /// Bytes that had come when the timer was set.
    heard: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Settings,
    Nothing,
    Pong,
}

impl Heartbeat {
    pub(super) fn new(options: PingOptions, pings: PingPong) -> Self {
        Self {
            options,
            pings,
            expects: Expects::Settings,
            timer: Box::pin(sleep(options.deadline)),
            heard: 0,
        }
    }

    /// Ready once the peer has missed its deadline. `received` counts the bytes that have come so far,
    /// `settled` says whether the first SETTINGS were among them.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, received: u64, settled: bool) -> Poll<()> {
        loop {
            match self.expects {
                Expects::Settings if settled => self.expect(Expects::Nothing, received),
                Expects::Pong => match self.pings.poll_pong(cx) {
                    Poll::Ready(Ok(_)) => self.expect(Expects::Nothing, received),
                    // A session that has ended says so itself.
                    Poll::Ready(Err(_)) | Poll::Pending => {}
                },
                Expects::Settings | Expects::Nothing => {}
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            match self.expects {
                Expects::Settings => return Poll::Ready(()),
                // The timer is not set anew for each byte: it looks back when it fires.
                expected if received != self.heard => self.expect(expected, received),
                // This wakes the session's task, which writes it.
                Expects::Nothing if self.pings.send_ping(Ping::opaque()).is_ok() => {
                    self.expect(Expects::Pong, received);
                }
                Expects::Nothing => self.expect(Expects::Nothing, received),
                Expects::Pong => return Poll::Ready(()),
            }
        }
    }

    fn expect(&mut self, next: Expects, received: u64) {
        let limit = match next {
            Expects::Nothing => self.options.interval,
            Expects::Settings | Expects::Pong => self.options.deadline,
        };
        self.expects = next;
        self.heard = received;
        self.timer.as_mut().reset(Instant::now() + limit);
    }
}
