//! What the command line asks for.

use std::error::Error;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value, ValueExt};

use crate::knobs::Knobs;

const HELP: &str = "\
A mock LLM provider on real sockets, and a load generator for it.

USAGE
  warmline-provider serve [options]
  warmline-provider load --url URL [options]

SERVE  prints one line of JSON when it listens: {\"url\", \"control\", \"pid\"}
  --host ADDRESS          address to listen on                        [127.0.0.1]
  --port PORT             port to listen on, 0 for any free one       [0]
  --threads N             threads that serve connections              [1]
  --keep-alive-ms MS      close a connection idle for this long       [never]
  --set NAME=VALUE        the default of a knob (see below), repeatable
  --until-stdin-closes    stop when stdin ends, so that it never outlives its parent
  It also stops on SIGTERM and on Ctrl-C.

ENDPOINTS
  POST /v1/chat/completions   OpenAI chat completions, streaming and not
  POST /v1/responses          OpenAI responses, streaming and not
  POST /v1/messages           Anthropic messages, streaming and not
  GET  /v1/models             the list of models (any other model name works too)
  GET  /health                {\"status\":\"ok\"}
  any  /echo                  method, path, query, headers and body of the request, as JSON
  any  /mirror                the request's body under its own content-type
  GET  /arrivals              [microseconds since 1970, id] of each request with an x-mock-id that was served
  POST /script                trouble by a script (see below)
  GET  /stats                 the server's view: connections, requests, bytes, streams
  POST /stats/reset           zeroes the counters; what is open stays counted as open
  The `control` address serves the same, and counts nothing of its own traffic and ignores --set.

KNOBS  as request headers or as query parameters of the same name
  x-mock-latency-ms=MS     wait before the first byte                 [0]
  x-mock-tokens=N          words in the answer (the request's max_tokens caps them) [32]
  x-mock-interval-ms=MS    time before each streamed word; 0: as fast as they are taken [0]
  x-mock-stamp=1           a chat completion's or a message's streamed words are the time at
                           which each was made, in microseconds since 1970    [0]
  x-mock-number=1          likewise, and the words are their numbers, from 0    [0]
  x-mock-stall-after=N     a stream goes silent after N events, and stays open
  x-mock-status=CODE       answer with this error status (400 to 599), in the API's own shape
  x-mock-retry-after=S     add a retry-after header
  x-mock-headers=N         add N more response headers                [0]
  x-mock-framing=KIND      length or chunked, for answers that are not streamed [length]
  x-mock-close=WHEN        before: close unanswered; headers: in the middle of the head;
                           body: in the middle of the body (of the third event of a stream);
                           after: close once answered, unannounced; reset: as body, by RST
  x-mock-id=TEXT           requests with the same text are one; /stats has how many were served again,
                           /arrivals when each was

SCRIPT  what all requests to /v1 meet from now on, as JSON; what they ask for themselves goes before it
  {\"seed\": 1, \"phases\": [{\"seconds\": 5, \"knobs\": {\"latency-ms\": \"900\"},
    \"faults\": [{\"share\": 0.2, \"knobs\": {\"status\": \"503\"}}],
    \"limit\": {\"per_second\": 40, \"knobs\": {\"status\": \"429\", \"retry-after\": \"1\"}}}]}

LOAD  bounded keep-alive POSTs to a loopback address; prints {requests_per_second, p50_us, ...}, or with
      --stream {events_per_second, ...} with the delays of events that are stamped
  --url URL               http://127.0.0.1:PORT/path
  --connections N         requests in flight, one on each connection  [50]
  --seconds S             how long to measure, at most 60             [5]
  --warmup S              how long to run before measuring            [1]
  --body-bytes N          size of the request's body                  [1024]
  --threads N             threads that send                           [1]
  --stream                ask for streams, one after the other on each connection
";

/// The longest a load may run, so that a forgotten one ends by itself.
const MAX_LOAD_SECONDS: f64 = 60.0;

pub(crate) enum Command {
    Help(&'static str),
    Serve(ServeOptions),
    Load(LoadOptions),
}

pub(crate) struct ServeOptions {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) threads: NonZeroUsize,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) knobs: Knobs,
    pub(crate) until_stdin_closes: bool,
}

pub(crate) struct LoadOptions {
    pub(crate) url: String,
    pub(crate) connections: NonZeroUsize,
    pub(crate) measure: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) body_bytes: usize,
    pub(crate) threads: NonZeroUsize,
    pub(crate) stream: bool,
}

pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Command, Box<dyn Error>> {
    let mut parser = lexopt::Parser::from_iter(arguments);
    match parser.next()? {
        None | Some(Long("help") | Short('h')) => Ok(Command::Help(HELP)),
        Some(Value(command)) if command == "serve" => serve(&mut parser),
        Some(Value(command)) if command == "load" => load(&mut parser),
        Some(other) => Err(other.unexpected().into()),
    }
}

fn serve(parser: &mut lexopt::Parser) -> Result<Command, Box<dyn Error>> {
    let mut options = ServeOptions {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        port: 0,
        threads: NonZeroUsize::MIN,
        keep_alive: None,
        knobs: Knobs::default(),
        until_stdin_closes: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help(HELP)),
            Long("host") => options.host = parser.value()?.parse()?,
            Long("port") => options.port = parser.value()?.parse()?,
            Long("threads") => options.threads = parser.value()?.parse()?,
            Long("keep-alive-ms") => {
                options.keep_alive = Some(Duration::from_millis(parser.value()?.parse()?));
            }
            Long("set") => {
                let pair = parser.value()?.string()?;
                let (name, value) = pair.split_once('=').ok_or("--set wants NAME=VALUE")?;
                let name = name.strip_prefix("x-mock-").unwrap_or(name);
                options.knobs.set(name, value)?;
            }
            Long("until-stdin-closes") => options.until_stdin_closes = true,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Serve(options))
}

fn load(parser: &mut lexopt::Parser) -> Result<Command, Box<dyn Error>> {
    const FIFTY: NonZeroUsize = NonZeroUsize::new(50).unwrap();
    let mut url = None;
    let mut options = LoadOptions {
        url: String::new(),
        connections: FIFTY,
        measure: Duration::from_secs(5),
        warm_up: Duration::from_secs(1),
        body_bytes: 1024,
        threads: NonZeroUsize::MIN,
        stream: false,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Command::Help(HELP)),
            Long("url") => url = Some(parser.value()?.string()?),
            Long("connections") => options.connections = parser.value()?.parse()?,
            Long("seconds") => options.measure = seconds(parser.value()?.parse()?)?,
            Long("warmup") => options.warm_up = seconds(parser.value()?.parse()?)?,
            Long("body-bytes") => options.body_bytes = parser.value()?.parse()?,
            Long("threads") => options.threads = parser.value()?.parse()?,
            Long("stream") => options.stream = true,
            other => return Err(other.unexpected().into()),
        }
    }
    options.url = url.ok_or("load wants --url")?;
    Ok(Command::Load(options))
}

fn seconds(value: f64) -> Result<Duration, Box<dyn Error>> {
    if value > MAX_LOAD_SECONDS {
        return Err(format!("a load runs {MAX_LOAD_SECONDS} seconds at most").into());
    }
    Ok(Duration::try_from_secs_f64(value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<Command, Box<dyn Error>> {
        parse(
            std::iter::once("warmline-provider")
                .chain(line.split(' '))
                .map(OsString::from),
        )
    }

    #[test]
    fn serve_takes_the_default_of_a_knob() {
        let Ok(Command::Serve(options)) = command("serve --port 8080 --set tokens=7") else {
            panic!("not understood")
        };
        assert_eq!((options.port, options.knobs.tokens), (8080, 7));
    }

    #[test]
    fn an_unknown_knob_is_refused() {
        assert!(command("serve --set colour=red").is_err());
    }

    #[test]
    fn a_load_without_an_end_is_refused() {
        assert!(command("load --url http://127.0.0.1:1/ --seconds 3600").is_err());
        assert!(command("load --url http://127.0.0.1:1/ --seconds inf").is_err());
        assert!(command("load --url http://127.0.0.1:1/ --seconds 60").is_ok());
    }
}
