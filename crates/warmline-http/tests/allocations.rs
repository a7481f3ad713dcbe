//! How many allocations a request costs on the engine's thread: the one measure of its work that a
//! busy machine does not blur. A change that raises it has to say why, here.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use url::Url;
use warmline_http::{
    Client, ClientOptions, Hedging, Priority, RedirectMode, Request, RequestBody, Target, Timeouts,
    engine,
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

/// Allocations for a POST with a body of 1 KB and an answer of 600 B on a warm connection.
const BUDGET: f64 = 8.0;
const REQUESTS: u32 = 500;

fn serve(mut stream: TcpStream) {
    let body = "x".repeat(600);
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
        retry: false,
        hedging: Hedging::Never,
        priority: Priority::Interactive,
    };
    let mut response = client.send(request).await.unwrap();
    while response.body.chunk().await.unwrap().is_some() {}
}

#[test]
fn a_request_on_a_warm_connection_stays_within_its_allocations() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/v1/chat/completions",
        listener.local_addr().unwrap()
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(|| serve(stream));
        }
    });
    let client = Client::new(ClientOptions::default()).unwrap();
    let target = Arc::new(Target::new(Url::parse(&url).unwrap()).unwrap());
    let mut headers = HeaderMap::new();
    for name in ["content-type", "authorization", "x-one", "x-two", "x-three"] {
        headers.insert(name, HeaderValue::from_static("value"));
    }
    let body = Bytes::from(format!("{{{}}}", "x".repeat(1022)));
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
    println!("{each:.2} allocations for each request");
    assert!(
        each <= BUDGET,
        "{each:.2} allocations for each request; the budget is {BUDGET}"
    );
}
