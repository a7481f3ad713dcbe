//! The text of a provider's stream, its usage and its failure: the same wherever the body is cut, in each framing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::Error;
use warmline_http::sse::{Framing, ProviderError, Spoken, TextStream, Usage, UsageMeter};

fuzz_target!(|bytes: &[u8]| {
    for framing in [Framing::Events, Framing::Lines, Framing::AwsFrames] {
        let heard = listen(framing, &[bytes]);
        let metered = meter(UsageMeter::of_stream(framing), &[bytes]);
        for pieces in cut(bytes) {
            assert_eq!(listen(framing, &pieces), heard, "{framing:?}, {pieces:?}");
            let meter = meter(UsageMeter::of_stream(framing), &pieces);
            assert_eq!(meter, metered, "{framing:?}, {pieces:?}");
        }
    }
    let metered = meter(UsageMeter::of_object(), &[bytes]);
    for pieces in cut(bytes) {
        assert_eq!(meter(UsageMeter::of_object(), &pieces), metered);
    }
});

#[derive(Debug, Default, PartialEq)]
struct Heard {
    texts: Vec<String>,
    failure: Option<ProviderError>,
    usage: Usage,
    code: Option<String>,
}

fn listen(framing: Framing, pieces: &[&[u8]]) -> Heard {
    let mut stream = TextStream::new(framing);
    let mut heard = Heard::default();
    let mut hear = |spoken: Spoken<'_>| {
        assert_eq!(heard.failure, None, "something after a failure");
        match spoken {
            Spoken::Text(text) => {
                assert!(!text.is_empty());
                heard.texts.push(text.to_owned());
            }
            Spoken::Failure(error) => heard.failure = Some(error),
        }
    };
    let mut run = || -> Result<(), Error> {
        for piece in pieces {
            stream.feed(piece, &mut hear)?;
        }
        stream.finish(&mut hear)
    };
    heard.code = run().err().map(|error| error.code.into_owned());
    heard.usage = stream.usage();
    heard
}

fn meter(mut meter: UsageMeter, pieces: &[&[u8]]) -> (Usage, Option<ProviderError>) {
    for piece in pieces {
        meter.feed(piece);
    }
    meter.finish();
    (meter.usage(), meter.failure().cloned())
}
