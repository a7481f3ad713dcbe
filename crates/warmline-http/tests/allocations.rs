//! How many allocations a request costs on the engine's thread: the one measure of its work that a
//! busy machine does not blur. A change that raises it has to say why, here.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;
use warmline_http::{
    AnalyticsOptions, BreakerOptions, BudgetOptions, Client, ClientOptions, HealthOptions,
    HedgeDelay, HedgeOptions, Hedging, Mode, Priority, RateLimit, RateLimitOptions, RedirectMode,
    Request, RequestBody, RetryOptions, ScalingOptions, Target, Timeouts, engine,
};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are the system allocator's conditions.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations for a POST with a body of 1 KB and an answer of 600 B on a warm connection. One is the answer's own, which
/// costs less than to copy it from each hand to the next, and one is of what counts its tokens for its model.
const BUDGET: f64 = 10.0;
/// The same with every policy: its place within the rate limit. Now and then a limit's window grows.
const BUDGET_OF_POLICIES: f64 = 11.5;
const REQUESTS: u32 = 500;

fn serve(mut stream: TcpStream) {
    let text = "x".repeat(500);
    let usage = r#"{"prompt_tokens":16,"completion_tokens":32,"prompt_tokens_details":{"cached_tokens":0}}"#;
    let body = format!(r#"{{"text":"{text}","usage":{usage}}}"#);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: 1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&piece[..read]),
        }
        // The body ends in what no head has.
        if request.ends_with(b"}") {
            request.clear();
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

async fn post(client: &Client, target: &Arc<Target>, headers: &HeaderMap, body: &Bytes) {
    let request = Request {
        method: Method::POST,
        target: Arc::clone(target),
        headers: headers.clone(),
        body: RequestBody::Full(body.clone()),
        redirect: RedirectMode::Follow,
        referrer: None,
        encoded: false,
        timeouts: Timeouts::default(),
        connection: None,
        route: None,
        retry: true,
        hedging: Hedging::Always,
        priority: Priority::Interactive,
    };
    let mut response = client.send(request).await.unwrap();
    while response.body.chunk().await.unwrap().is_some() {}
}

/// Allocations for each request of a client with these options.
fn allocations(options: ClientOptions, server: SocketAddr) -> f64 {
    let client = Client::new(options).unwrap();
    let url = format!("http://{server}/v1/chat/completions");
    let target = Arc::new(Target::new(Url::parse(&url).unwrap()).unwrap());
    let mut headers = HeaderMap::new();
    for name in ["content-type", "authorization", "x-one", "x-two", "x-three"] {
        headers.insert(name, HeaderValue::from_static("value"));
    }
    let prompt = "x".repeat(1000);
    let body = Bytes::from(format!(r#"{{"model":"m","prompt":"{prompt}"}}"#));
    let (told, each) = std::sync::mpsc::channel();
    engine().unwrap().spawn(async move {
        for _ in 0..50 {
            post(&client, &target, &headers, &body).await;
        }
        // One engine thread runs this task and the connection's: the count is all of their work.
        let before = ALLOCATIONS.get();
        for _ in 0..REQUESTS {
            post(&client, &target, &headers, &body).await;
        }
        told.send(ALLOCATIONS.get() - before).unwrap();
    });
    #[allow(clippy::cast_precision_loss, reason = "a count of some thousands")]
    let each = each.recv().unwrap() as f64 / f64::from(REQUESTS);
    each
}

fn all_policies() -> ClientOptions {
    let beyond_reach = NonZeroU64::new(1_000_000_000);
    ClientOptions {
        retry: Some(RetryOptions::default()),
        breaker: Some(BreakerOptions::default()),
        rate_limits: Some(RateLimitOptions {
            every: Some(RateLimit {
                requests_per_minute: beyond_reach,
                tokens_per_minute: beyond_reach,
                concurrent_requests: NonZeroUsize::new(100),
                window: Duration::from_secs(60),
                follow_headers: true,
                mode: Mode::Refuse,
            }),
            ..RateLimitOptions::default()
        }),
        hedge: Some(HedgeOptions {
            delay: HedgeDelay::Fixed(Duration::from_secs(60)),
            budget: BudgetOptions::default(),
        }),
        health: Some(HealthOptions::default()),
        analytics: Some(AnalyticsOptions {
            connection_patterns: true,
            performance_metrics: true,
        }),
        scaling: Some(ScalingOptions::default()),
        ..ClientOptions::default()
    }
}

#[test]
fn a_request_on_a_warm_connection_stays_within_its_allocations() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(|| serve(stream));
        }
    });
    for (what, options, budget) in [
        ("without policies", ClientOptions::default(), BUDGET),
        ("with all policies", all_policies(), BUDGET_OF_POLICIES),
    ] {
        let each = allocations(options, server);
        println!("{each:.2} allocations for each request {what}");
        assert!(
            each <= budget,
            "{each:.2} allocations for each request {what}; the budget is {budget}"
        );
    }
}
