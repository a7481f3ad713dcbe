//! The tokens that a response reports as it passes: for the metrics of the model that was asked for, and for the
//! rate limit that the request keeps to.

mod tokens;

use std::sync::Arc;

use http::StatusCode;

use crate::metrics::{ModelMetrics, OriginMetrics};
use crate::rate_limits::Permit;
use crate::sse::{MediaType, Usage};
use tokens::Tokens;

/// Dropped, the request is over: what it has used by then is what it is charged.
pub(crate) struct Accounting {
    /// Taken when this is dropped.
    tokens: Option<Tokens>,
    asked: Option<(Arc<OriginMetrics>, Arc<ModelMetrics>)>,
    /// Taken when this is dropped.
    permit: Option<Box<Permit>>,
}

impl Accounting {
    /// For a response of this kind; `None` where nobody wants to know.
    pub(crate) fn of(
        status: StatusCode,
        media_type: MediaType,
        asked: Option<(Arc<OriginMetrics>, Arc<ModelMetrics>)>,
        permit: Option<Box<Permit>>,
    ) -> Option<Box<Self>> {
        if asked.is_none() && permit.is_none() {
            return None;
        }
        let counts = asked.is_some() || permit.as_ref().is_some_and(|it| it.counts_tokens());
        let reports = counts && status.is_success();
        Some(Box::new(Self {
            tokens: reports.then(|| Tokens::of(media_type)).flatten(),
            asked,
            permit,
        }))
    }

    /// The next piece of the body, without its codings.
    pub(crate) fn feed(&mut self, piece: &[u8], is_last: bool) {
        if let Some(tokens) = &mut self.tokens {
            tokens.feed(piece, is_last);
        }
    }
}

impl Drop for Accounting {
    fn drop(&mut self) {
        // However it ended, what was reported until then was used.
        let Some(usage) = self.tokens.take().map(Tokens::finish) else {
            return;
        };
        if let Some((origin, model)) = &self.asked {
            origin.used(usage);
            model.used(usage);
        }
        if let Some(permit) = self.permit.take() {
            charge(*permit, usage);
        }
    }
}

fn charge(permit: Permit, usage: Usage) {
    let expected = permit.expected();
    let known = usage.input.is_some() || usage.output.is_some();
    let parts = known.then(|| {
        let input = usage.input.unwrap_or(expected.input);
        input.saturating_add(usage.output.unwrap_or(expected.output))
    });
    // A response that says nothing leaves the estimate as it is.
    if let Some(used) = usage.total.or(parts) {
        permit.settled(used);
    }
}
