use super::cuts::same_wherever_cut;
use super::{Dialect, Event, EventStream};

/// An event that outlives its decoder: name, data, id, retry.
type Seen = (Option<String>, String, String, Option<u64>);

fn decode(chunks: &[&[u8]]) -> Vec<Seen> {
    decode_as(Dialect::Standard, chunks)
}

fn decode_as(dialect: Dialect, chunks: &[&[u8]]) -> Vec<Seen> {
    let mut stream = EventStream::new(dialect);
    let mut seen = Vec::new();
    let mut see = |event: Event<'_>| {
        seen.push((
            event.name.map(str::to_owned),
            event.data.to_owned(),
            event.id.to_owned(),
            event.retry,
        ));
    };
    for chunk in chunks {
        stream
            .feed(chunk, &mut see)
            .expect("a stream of small events");
    }
    stream.finish(&mut see);
    seen
}

fn data(text: &str) -> Vec<String> {
    let seen = decode(&[text.as_bytes()]);
    seen.into_iter().map(|(_, data, _, _)| data).collect()
}

#[test]
fn joins_the_lines_of_an_event() {
    assert_eq!(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"]);
}

#[test]
fn follows_the_standards_example_of_comments_ids_and_nameless_fields() {
    let text = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n";
    let seen = decode(&[text.as_bytes()]);
    let expected: Vec<Seen> = [
        ("first event", "1"),
        ("second event", ""),
        (" third event", ""),
    ]
    .map(|(data, id)| (None, data.into(), id.into(), None))
    .into();
    assert_eq!(seen, expected);
}

#[test]
fn dispatches_empty_data_but_not_its_absence() {
    assert_eq!(
        data("data\n\ndata\ndata\n\nevent: none\n\ndata:"),
        ["", "\n"]
    );
}

#[test]
fn names_an_event_and_forgets_the_name_after_it() {
    let seen = decode(&[b"event: add\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\n"]);
    let names: Vec<_> = seen.iter().map(|(name, ..)| name.as_deref()).collect();
    assert_eq!(names, [Some("add"), None, None]);
}

#[test]
fn drops_an_event_that_is_not_finished() {
    assert_eq!(data("data: whole\n\ndata: half\n"), ["whole"]);
}

#[test]
fn ignores_a_byte_order_mark_at_the_beginning_only() {
    assert_eq!(
        data("\u{feff}data: 1\n\n\u{feff}data: 2\n\ndata: 3\n\n"),
        ["1", "3"]
    );
}

#[test]
fn ignores_ids_with_nul_and_retries_that_are_no_number() {
    let seen = decode(&[b"id: a\nretry: 10\ndata: 1\n\nid: b\0c\nretry: 1x\ndata: 2\n\n"]);
    assert_eq!(
        seen,
        [
            (None, "1".into(), "a".into(), Some(10)),
            (None, "2".into(), "a".into(), None)
        ]
    );
}

#[test]
fn replaces_what_is_not_utf8() {
    let seen = decode(&[b"data: a\xf0\x9f\nx\ndata: \xff\n\n"]);
    assert_eq!(seen[0].1, "a\u{fffd}\n\u{fffd}");
}

#[test]
fn gives_the_same_events_wherever_the_bytes_are_cut() {
    let text = "\u{feff}: hi\r\nevent: a\rdata: 1\r\n\r\ndata: {\"x\":\"é😀\"}\n\nid: 7\r\rdata\ndata: 2\n\nretry: 5\r\ndata:3\r\rdata: 4\r\n\r\n";
    assert_eq!(same_wherever_cut(text.as_bytes(), decode).len(), 5);
}

#[test]
fn refuses_an_event_without_end() {
    let mut stream = EventStream::new(Dialect::Standard);
    let line = vec![b'x'; 64 * 1024];
    let mut feed = |bytes: &[u8]| stream.feed(bytes, |_| {});
    feed(b"data: ").expect("a beginning");
    let error = std::iter::repeat_with(|| feed(&line))
        .take(257)
        .find_map(Result::err)
        .expect("a limit");
    assert_eq!(error.code, "WARMLINE_EVENT_TOO_LARGE");
}

fn openai(chunks: &[&[u8]]) -> Vec<(Option<String>, String)> {
    names_and_data(Dialect::OpenAi, chunks)
}

fn names_and_data(dialect: Dialect, chunks: &[&[u8]]) -> Vec<(Option<String>, String)> {
    let seen = decode_as(dialect, chunks);
    seen.into_iter()
        .map(|(name, data, ..)| (name, data))
        .collect()
}

fn named(name: &str, data: &str) -> (Option<String>, String) {
    (Some(name.to_owned()), data.to_owned())
}

fn nameless(data: &str) -> (Option<String>, String) {
    (None, data.to_owned())
}

#[test]
fn openai_hands_over_a_name_without_data() {
    assert_eq!(
        openai(&[b"event: ping\n\ndata: 1\n\n"]),
        [named("ping", ""), nameless("1")]
    );
}

#[test]
fn openai_keeps_an_empty_name_for_the_next_event() {
    assert_eq!(openai(&[b"event:\n\ndata: 1\n\n"]), [named("", "1")]);
}

#[test]
fn openai_ends_the_last_event_with_the_body() {
    assert_eq!(
        openai(&[b"data: 1\n\ndata: 2\ndata: 3"]),
        [nameless("1"), nameless("2\n3")]
    );
    assert_eq!(openai(&[b"data: 1\n\n"]), [nameless("1")]);
}

#[test]
fn openai_drops_a_byte_order_mark_from_every_line() {
    let text = "\u{feff}data: 1\n\n\u{feff}data: 2\n\u{feff}\ndata: \u{feff}3\n\n";
    assert_eq!(
        openai(&[text.as_bytes()]),
        [nameless("1"), nameless("2"), nameless("\u{feff}3")]
    );
}

#[test]
fn older_openai_drops_an_event_that_is_not_finished() {
    for dialect in [Dialect::OpenAi6, Dialect::OpenAi4] {
        let seen = names_and_data(dialect, &[b"event: a\n\ndata: 1\n\ndata: 2\n"]);
        assert_eq!(seen, [named("a", ""), nameless("1")]);
    }
}

#[test]
fn openai_4_knows_no_byte_order_mark() {
    let text = "\u{feff}data: 1\ndata: 2\n\u{feff}\ndata: 3\n\n";
    let four = names_and_data(Dialect::OpenAi4, &[text.as_bytes()]);
    assert_eq!(four, [nameless("2\n3")]);
    let six = names_and_data(Dialect::OpenAi6, &[text.as_bytes()]);
    assert_eq!(six, [nameless("1\n2"), nameless("3")]);
}

#[test]
fn anthropic_wants_a_name_and_data() {
    let text = "data: 1\n\nevent: a\ndata: 2\n\nevent: ping\ndata: 3\n\nevent: b\n\nevent: c\ndata\n\nevent:\n\ndata: 4\n\n\u{feff}event: error\n\nevent: d\ndata: 5\n";
    let bytes = text.as_bytes();
    let expected = [named("a", "2"), named("", "4"), named("error", "")];
    for cut in 0..=bytes.len() {
        let seen = names_and_data(Dialect::Anthropic, &[&bytes[..cut], &bytes[cut..]]);
        assert_eq!(seen, expected, "cut at {cut}");
    }
}

#[test]
fn openai_reads_the_same_wherever_the_bytes_are_cut() {
    let text = "\u{feff}event: a\r\ndata: 1\r\n\r\n\u{feff}data: {\"x\":\"é\"}\n\nevent:\n\nevent: b\r\rdata\rid: 3\r\rdata: 4\ndata: 5";
    assert_eq!(same_wherever_cut(text.as_bytes(), openai).len(), 5);
}
