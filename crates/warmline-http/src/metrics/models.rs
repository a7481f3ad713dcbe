//! What is counted of each model.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::counter::Counter;
use super::histogram::{Durations, Times};
use super::origin::{STATUS_CLASSES, class_of};
use super::{Metrics, OTHER, model_name, provider};
use crate::sse::Usage;
use crate::target::Target;
use crate::transport::RequestBody;

/// The counts of one model of a provider, or of all those together that have no label of their own.
#[derive(Default)]
pub(crate) struct ModelMetrics {
    /// Requests that were answered, by the class of their status.
    answered: [Counter; STATUS_CLASSES],
    input_tokens: Counter,
    output_tokens: Counter,
    events: Counter,
    pub(super) first_token: Times,
    pub(super) token_gap: Times,
}

/// A model by its provider and its name.
pub(super) type ModelKey = (&'static str, Arc<str>);

/// What was counted of one model.
#[derive(Clone, Default)]
pub struct ModelFigures {
    /// Such as `openai`; `other` where the origin's name does not tell.
    pub provider: &'static str,
    /// As requests name it.
    pub model: Arc<str>,
    /// Answered requests by the class of their status, from 1xx on.
    pub answered: [u64; STATUS_CLASSES],
    /// Tokens of prompts, as far as responses reported them.
    pub input_tokens: u64,
    /// Tokens that were generated, likewise.
    pub output_tokens: u64,
    /// Events in streams.
    pub events: u64,
    /// From a call to the first bytes of its stream.
    pub first_token: Durations,
    /// From one piece of a stream to the next.
    pub token_gap: Durations,
}

impl Metrics {
    /// What is counted of the model that a request asks for; `None` for one that asks for none.
    pub(crate) fn model(
        &self,
        target: &Target,
        body: Option<&RequestBody>,
    ) -> Option<Arc<ModelMetrics>> {
        let Some(RequestBody::Full(body)) = body else {
            return None;
        };
        let in_body = model_name::in_body(body);
        let provider = provider::of(&target.origin);
        let name = in_body.or_else(|| model_name::in_path(provider, &target.path_and_query))?;
        let is_it = |label: &ModelKey| label.0 == provider && *label.1 == *name;
        let make = || (provider, name.into());
        let model = self.models.find(&(provider, name), is_it, make);
        Some(Arc::clone(model))
    }

    /// The models of each provider by name, and last those that have no label.
    pub(super) fn model_figures(&self) -> Vec<ModelFigures> {
        let labelled: BTreeMap<_, _> = self.models.labelled().collect();
        let mut figures: Vec<_> = labelled
            .into_iter()
            .map(|((provider, model), counts)| ModelFigures::of(provider, model, counts))
            .collect();
        let other = ModelFigures::of(OTHER, &OTHER.into(), self.models.other());
        if other.answered.iter().any(|count| *count > 0) {
            figures.push(other);
        }
        figures
    }
}

impl ModelMetrics {
    pub(super) fn answered(&self, status: StatusCode) {
        self.answered[class_of(status)].add(1);
    }

    /// A response has reported tokens.
    pub(crate) fn used(&self, usage: Usage) {
        self.input_tokens.add(usage.input.unwrap_or(0));
        self.output_tokens.add(usage.output.unwrap_or(0));
    }

    /// A piece of a stream came, so long after the one before it, or after the call.
    pub(super) fn piece(&self, after: Duration, is_first: bool, events: u64) {
        let times = if is_first {
            &self.first_token
        } else {
            &self.token_gap
        };
        times.record(after);
        self.events.add(events);
    }
}

impl ModelFigures {
    fn of(provider: &'static str, model: &Arc<str>, counts: &ModelMetrics) -> Self {
        Self {
            provider,
            model: Arc::clone(model),
            answered: counts.answered.each_ref().map(Counter::get),
            input_tokens: counts.input_tokens.get(),
            output_tokens: counts.output_tokens.get(),
            events: counts.events.get(),
            first_token: counts.first_token.read(),
            token_gap: counts.token_gap.read(),
        }
    }
}
