//! Names that a function of JavaScript's looks up.

use std::future::{Future, ready};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use napi::Status;
use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use tokio::sync::oneshot;
use warmline_http::transport::{Found, LookedUp, Lookup, LookupFailure};

use crate::durations::duration;
use crate::provoked;

/// A name, and where its addresses are wanted.
type Question = FnArgs<(String, LookupAnswer)>;

/// Weak, so that a look-up that nobody waits for does not keep the process alive.
type Ask = ThreadsafeFunction<Question, (), Question, Status, false, true>;

/// A function on the thread of its client.
pub(crate) struct JsLookup(Ask);

/// The answer to one look-up. Only the first one counts; the look-up has failed if it is collected
/// without any.
#[napi]
pub struct LookupAnswer {
    waiting: Option<oneshot::Sender<LookedUp>>,
}

#[napi]
impl LookupAnswer {
    /// The name has these addresses, for so many milliseconds if that is known.
    #[napi(catch_unwind)]
    pub fn found(&mut self, addresses: Vec<String>, ttl: Option<u32>) {
        provoked::panic_at("answer");
        let parsed: Result<Vec<IpAddr>, _> = addresses
            .iter()
            .map(|text| text.parse().map_err(|_| not_an_address(text)))
            .collect();
        self.settle(parsed.map(|addresses| Found {
            addresses,
            ttl: ttl.map(duration),
        }));
    }

    /// The look-up failed.
    #[napi(catch_unwind)]
    pub fn failed(&mut self, code: String, reason: String) {
        self.settle(Err(LookupFailure {
            code: code.into(),
            reason: Some(reason),
        }));
    }

    fn settle(&mut self, outcome: LookedUp) {
        if let Some(waiting) = self.waiting.take() {
            // The engine waits until it is told.
            let _ = waiting.send(outcome);
        }
    }
}

impl JsLookup {
    pub(crate) fn new(function: &Function<'_, Question, ()>) -> napi::Result<Self> {
        function
            .build_threadsafe_function::<Question>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()
            .map(Self)
    }
}

impl Lookup for JsLookup {
    fn look_up(&self, name: Arc<str>) -> Pin<Box<dyn Future<Output = LookedUp> + Send>> {
        let (sender, receiver) = oneshot::channel();
        let answer = LookupAnswer {
            waiting: Some(sender),
        };
        let question = Question::from((name.as_ref().to_owned(), answer));
        match self
            .0
            .call(question, ThreadsafeFunctionCallMode::NonBlocking)
        {
            Status::Ok => Box::pin(async { receiver.await.unwrap_or_else(|_| Err(unanswered())) }),
            // The thread is about to end.
            _ => Box::pin(ready(Err(unanswered()))),
        }
    }
}

fn unanswered() -> LookupFailure {
    LookupFailure {
        code: "WARMLINE_LOOKUP".into(),
        reason: Some("the lookup function gave no answer".into()),
    }
}

fn not_an_address(text: &str) -> LookupFailure {
    LookupFailure {
        code: "ERR_INVALID_IP_ADDRESS".into(),
        reason: Some(format!("the lookup function answered {text:?}")),
    }
}
