//! Event streams: cut anywhere, each dialect reads what it reads of the whole; and the standard's reads what the
//! standard says, step by step.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warmline_fuzz::cut;
use warmline_http::sse::{Dialect, EventStream};

#[derive(Debug, Default, PartialEq)]
struct Seen {
    name: Option<String>,
    data: String,
    id: String,
    retry: Option<u64>,
}

fuzz_target!(|bytes: &[u8]| {
    for dialect in [
        Dialect::Standard,
        Dialect::OpenAi,
        Dialect::OpenAi6,
        Dialect::OpenAi4,
        Dialect::Anthropic,
    ] {
        let whole = read(dialect, &[bytes]);
        for pieces in cut(bytes) {
            assert_eq!(read(dialect, &pieces), whole, "{dialect:?}, {pieces:?}");
        }
        if dialect == Dialect::Standard {
            assert_eq!(whole, interpreted(&String::from_utf8_lossy(bytes)));
        }
    }
});

fn read(dialect: Dialect, pieces: &[&[u8]]) -> Vec<Seen> {
    let mut stream = EventStream::new(dialect);
    let mut seen = Vec::new();
    let mut see = |event: warmline_http::sse::Event<'_>| {
        seen.push(Seen {
            name: event.name.map(str::to_owned),
            data: event.data.to_owned(),
            id: event.id.to_owned(),
            retry: event.retry,
        });
    };
    for piece in pieces {
        stream.feed(piece, &mut see).expect("far below the limit");
    }
    stream.finish(&mut see);
    seen
}

/// HTML, section 9.2.6, "Interpreting an event stream".
fn interpreted(stream: &str) -> Vec<Seen> {
    let stream = stream.strip_prefix('\u{feff}').unwrap_or(stream);
    let stream = stream.replace("\r\n", "\n").replace('\r', "\n");
    let mut events = Vec::new();
    let mut next = Seen::default();
    // What follows the last end of a line is dropped.
    let lines = stream.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let is_empty = !stream.contains('\n');
    for line in lines.split('\n').filter(|_| !is_empty) {
        if line.is_empty() {
            let id = next.id.clone();
            if next.data.is_empty() {
                next.name = None;
                continue;
            }
            let mut event = std::mem::replace(
                &mut next,
                Seen {
                    id,
                    ..Seen::default()
                },
            );
            event.data.pop();
            event.name = event.name.filter(|name| !name.is_empty());
            events.push(event);
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => next.name = Some(value.to_owned()),
            "data" => next.data.extend([value, "\n"]),
            "id" if !value.contains('\0') => value.clone_into(&mut next.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                next.retry = value.parse().ok().or(next.retry);
            }
            _ => {}
        }
    }
    events
}
