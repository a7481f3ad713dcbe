//! What is counted of each model, as its requests name it.

use super::metric::{Metric, Read, counter, histogram};
use super::values::float;

pub(super) static MODELS: &[Metric] = &[
    counter(
        "model_requests_total",
        "Requests for a model that got a response, by the class of its status.",
        Read::ModelBy(
            "status",
            &[
                ("1xx", |model| float(model.answered[0])),
                ("2xx", |model| float(model.answered[1])),
                ("3xx", |model| float(model.answered[2])),
                ("4xx", |model| float(model.answered[3])),
                ("5xx", |model| float(model.answered[4])),
            ],
        ),
    ),
    counter(
        "model_tokens_total",
        "Tokens of a model that responses reported: input is prompts, output what was generated.",
        Read::ModelBy(
            "kind",
            &[
                ("input", |model| float(model.input_tokens)),
                ("output", |model| float(model.output_tokens)),
            ],
        ),
    ),
    counter(
        "model_stream_events_total",
        "Events in streams of a model.",
        Read::Model(|model| float(model.events)),
    ),
    histogram(
        "model_time_to_first_token_seconds",
        "Time from a call of a model to the first bytes of its stream.",
        Read::ModelTimes(|model| &model.first_token),
    ),
    histogram(
        "model_inter_token_seconds",
        "Time from one arrival on a stream of a model to the next.",
        Read::ModelTimes(|model| &model.token_gap),
    ),
];
