//! Bodies on their way to the clients of a gateway, over real sockets.
#![cfg(unix)]

use std::io;
use std::os::fd::OwnedFd;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time;
use warmline_http::relay::{Downstream, Halt, Relay, Relayed};
use warmline_http::sse::{Framing, UsageMeter};
use warmline_http::{Error, Phase};

/// A gateway's end of a connection, lent, and its client's end.
async fn connection() -> (TcpStream, Downstream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, accepted) = tokio::join!(client, listener.accept());
    let own = accepted.unwrap().0.into_std().unwrap();
    let lent = Downstream::new(OwnedFd::from(own.try_clone().unwrap())).unwrap();
    (TcpStream::from_std(own).unwrap(), lent, client.unwrap())
}

type Chunks = mpsc::UnboundedReceiver<Result<Bytes, Error>>;

/// A body whose chunks a test sends.
fn poll(chunks: &mut Chunks) -> impl FnMut(&mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
    |cx| chunks.poll_recv(cx)
}

#[tokio::test]
async fn chunks_are_written_and_counted_and_the_connection_is_given_back() {
    let (mut own, lent, mut client) = connection().await;
    let (body, mut chunks) = mpsc::unbounded_channel();
    let (_halt, mut halts) = mpsc::unbounded_channel();
    let usage = b"data: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n";
    body.send(Ok(Bytes::from_static(b"data: x\n\n"))).unwrap();
    body.send(Ok(Bytes::from_static(usage))).unwrap();
    drop(body);
    let mut relay = Relay::new(lent, Some(UsageMeter::of_stream(Framing::Events)), None);
    let relayed = relay.run(poll(&mut chunks), &mut halts).await;
    assert!(matches!(relayed, Relayed::Complete), "{relayed:?}");
    let (passed, meter) = relay.finish();
    assert_eq!(passed, 9 + usage.len() as u64);
    assert_eq!(meter.unwrap().usage().total, Some(3));
    // Its owner writes on, and its end is the end: nobody else holds the connection.
    own.write_all(b"0\r\n\r\n").await.unwrap();
    drop(own);
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.unwrap();
    let mut expected = b"9\r\ndata: x\n\n\r\n".to_vec();
    expected.extend_from_slice(format!("{:x}\r\n", usage.len()).as_bytes());
    expected.extend_from_slice(usage);
    expected.extend_from_slice(b"\r\n0\r\n\r\n");
    assert_eq!(read, expected);
}

#[tokio::test]
async fn what_the_client_does_not_take_is_not_asked_for_and_not_lost() {
    const SIZE: usize = 256 * 1024;
    const COUNT: usize = 400;
    let (own, lent, mut client) = connection().await;
    let (_halt, mut halts) = mpsc::unbounded_channel();
    let (taken, mut takings) = mpsc::unbounded_channel();
    let mut next = 0;
    let relaying = tokio::spawn(async move {
        let mut relay = Relay::new(lent, None, None);
        let end = relay
            .run(
                |_| {
                    next += 1;
                    let _ = taken.send(next);
                    let filling = u8::try_from(next % 251).unwrap_or_default();
                    let chunk = Bytes::from(vec![filling; SIZE]);
                    Poll::Ready((next <= COUNT).then_some(Ok(chunk)))
                },
                &mut halts,
            )
            .await;
        assert!(matches!(end, Relayed::Complete), "{end:?}");
        drop(own);
    });
    // The kernel's buffers hold some megabytes; far from all of it.
    let mut asked = takings.recv().await.unwrap();
    while let Ok(Some(count)) = time::timeout(Duration::from_millis(200), takings.recv()).await {
        asked = count;
    }
    assert!(asked < COUNT / 2, "{asked} were asked for");
    let mut read = Vec::new();
    client.read_to_end(&mut read).await.unwrap();
    relaying.await.unwrap();
    let line = format!("{SIZE:x}\r\n");
    let chunk = line.len() + SIZE + 2;
    assert_eq!(read.len(), chunk * COUNT);
    for (index, chunk) in read.chunks(chunk).enumerate() {
        let filling = u8::try_from((index + 1) % 251).unwrap();
        assert!(chunk.starts_with(line.as_bytes()) && chunk.ends_with(b"\r\n"));
        let data = &chunk[line.len()..chunk.len() - 2];
        assert!(data.iter().all(|byte| *byte == filling), "chunk {index}");
    }
}

#[tokio::test]
async fn a_halt_waits_for_the_chunk_that_is_being_written() {
    const SIZE: usize = 16 * 1024 * 1024;
    let (mut own, lent, mut client) = connection().await;
    let (halt, mut halts) = mpsc::unbounded_channel();
    let relaying = tokio::spawn(async move {
        let mut relay = Relay::new(lent, None, None);
        let end = relay
            .run(
                |_| Poll::Ready(Some(Ok(Bytes::from(vec![b'x'; SIZE])))),
                &mut halts,
            )
            .await;
        assert!(matches!(end, Relayed::Halted), "{end:?}");
        assert_eq!(relay.finish().0 % SIZE as u64, 0);
    });
    let mut first = [0; 1];
    client.read_exact(&mut first).await.unwrap();
    halt.send(Halt::BetweenChunks).unwrap();
    let reading = tokio::spawn(async move {
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.unwrap();
        rest
    });
    relaying.await.unwrap();
    own.write_all(b"0\r\n\r\n").await.unwrap();
    drop(own);
    assert!(reading.await.unwrap().ends_with(b"x\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn a_halt_at_once_does_not_wait_for_a_client_that_takes_nothing() {
    let (own, lent, client) = connection().await;
    let (halt, mut halts) = mpsc::unbounded_channel();
    let (taken, mut takings) = mpsc::unbounded_channel();
    let relaying = tokio::spawn(async move {
        let chunk = Bytes::from(vec![b'x'; 64 * 1024 * 1024]);
        let mut relay = Relay::new(lent, None, None);
        relay
            .run(
                |_| {
                    let _ = taken.send(());
                    Poll::Ready(Some(Ok(chunk.clone())))
                },
                &mut halts,
            )
            .await
    });
    takings.recv().await.unwrap();
    halt.send(Halt::Now).unwrap();
    assert!(matches!(relaying.await.unwrap(), Relayed::Halted));
    drop((own, client));
}

#[tokio::test]
async fn a_body_that_breaks_off_and_a_client_that_leaves_are_told_apart() {
    let (_own, lent, client) = connection().await;
    let (_halt, mut halts) = mpsc::unbounded_channel();
    let mut relay = Relay::new(lent, None, None);
    let broken = Error::new("ECONNRESET", Phase::Body, "broken");
    let (body, mut chunks) = mpsc::unbounded_channel();
    body.send(Err(broken)).unwrap();
    let relayed = relay.run(poll(&mut chunks), &mut halts).await;
    assert!(matches!(relayed, Relayed::Failed(error) if error.code == "ECONNRESET"));
    drop(client);
    let chunk = Bytes::from(vec![b'x'; 1024 * 1024]);
    let relayed = relay
        .run(|_| Poll::Ready(Some(Ok(chunk.clone()))), &mut halts)
        .await;
    let Relayed::ClientGone(error) = relayed else {
        panic!("{relayed:?}")
    };
    let gone = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    assert!(gone.contains(&error.kind()), "{error}");
}

#[tokio::test]
async fn a_comment_stands_between_two_events_only() {
    const COMMENT: &str = "e\r\n: keep-alive\n\n\r\n";
    let (own, lent, mut client) = connection().await;
    let (_halt, mut halts) = mpsc::unbounded_channel();
    let (body, mut chunks) = mpsc::unbounded_channel::<Result<Bytes, Error>>();
    let relaying = tokio::spawn(async move {
        let mut relay = Relay::new(lent, None, Some(Duration::from_millis(1)));
        relay.run(poll(&mut chunks), &mut halts).await
    });
    let mut read = String::new();
    let mut buffer = [0; 4096];
    let mut until = async |read: &mut String, text: &str| {
        while !read.contains(text) {
            let count = client.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0, "{read}");
            read.push_str(str::from_utf8(&buffer[..count]).unwrap());
        }
    };
    until(&mut read, COMMENT).await;
    for (half, other) in [("data: a\n", "\n"), ("data: b\r\n\r", "\n")] {
        read.clear();
        body.send(Ok(Bytes::from(half))).unwrap();
        until(&mut read, half).await;
        // Many times as long as a comment waits.
        time::sleep(Duration::from_millis(20)).await;
        read.clear();
        body.send(Ok(Bytes::from(other))).unwrap();
        until(&mut read, COMMENT).await;
        assert!(read.starts_with("1\r\n\n\r\n"), "{read:?}");
    }
    drop(body);
    assert!(matches!(relaying.await.unwrap(), Relayed::Complete));
    drop(own);
}

#[tokio::test]
async fn only_a_stream_socket_that_never_blocks_is_taken() {
    let (reader, _writer) = io::pipe().unwrap();
    assert!(Downstream::new(reader.into()).is_none());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert!(Downstream::new(socket.try_clone().unwrap().into()).is_none());
    socket.set_nonblocking(true).unwrap();
    assert!(Downstream::new(socket.into()).is_some());
}
