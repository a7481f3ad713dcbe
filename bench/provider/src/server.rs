//! The listening process: its sockets, its threads and its end.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{process, thread};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{self, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time;

use crate::cli::ServeOptions;
use crate::connection;
use crate::knobs::Knobs;
use crate::script::Stage;
use crate::stats::Stats;

/// Clients that connect by the thousand at once must find room in the queue.
const BACKLOG: u32 = 4096;
/// How long to wait before accepting again when the process has run out of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What all connections of the process have in common.
pub(crate) struct Shared {
    pub(crate) stats: Stats,
    /// Looking at the traffic must not change its figures.
    control_stats: Stats,
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) ids: AtomicUsize,
    /// What becomes of requests at the moment, whatever they ask for.
    pub(crate) stage: Stage,
    connections: AtomicU64,
}

/// A listening socket and what its connections are for.
struct Listener {
    socket: TcpListener,
    purpose: Purpose,
    /// The defaults of what a request may ask for.
    knobs: Knobs,
}

/// Whether connections are part of the traffic or look at it from outside.
#[derive(Clone, Copy)]
enum Purpose {
    Traffic,
    Control,
}

pub(crate) fn run(options: &ServeOptions) -> Result<(), Box<dyn Error>> {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        eprintln!("warmline-provider: the limit of open files stays as it is: {error}");
    }
    let shared = Arc::new(Shared {
        stats: Stats::default(),
        control_stats: Stats::default(),
        keep_alive: options.keep_alive,
        ids: AtomicUsize::new(1),
        stage: Stage::default(),
        connections: AtomicU64::new(1),
    });
    let main = single_threaded()?;
    let mut threads = vec![main.handle().clone()];
    for number in 1..options.threads.get() {
        threads.push(start_thread(number)?);
    }
    main.block_on(async {
        let traffic = Listener {
            socket: listen(options.host, options.port)?,
            purpose: Purpose::Traffic,
            knobs: options.knobs.clone(),
        };
        let control = Listener {
            socket: listen(options.host, 0)?,
            purpose: Purpose::Control,
            knobs: Knobs::default(),
        };
        announce(traffic.socket.local_addr()?, control.socket.local_addr()?)?;
        tokio::select! {
            () = traffic.accept(&threads, &shared) => {}
            () = control.accept(&threads[..1], &shared) => {}
            stopped = stopped(options.until_stdin_closes) => stopped?,
        }
        Ok(())
    })
}

pub(crate) fn unix_time() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn single_threaded() -> io::Result<Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}

/// Starts a thread with a runtime of its own. It lives as long as the process.
fn start_thread(number: usize) -> io::Result<Handle> {
    let runtime = single_threaded()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(format!("connections-{number}"))
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}

fn listen(host: IpAddr, port: u16) -> io::Result<TcpListener> {
    let socket = if host.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(host, port))?;
    socket.listen(BACKLOG)
}

fn announce(traffic: SocketAddr, control: SocketAddr) -> io::Result<()> {
    let line = serde_json::json!({
        "url": format!("http://{traffic}"),
        "control": format!("http://{control}"),
        "pid": process::id(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

impl Listener {
    /// Accepts for ever; the threads take turns.
    async fn accept(&self, threads: &[Handle], shared: &Arc<Shared>) {
        for thread in threads.iter().cycle() {
            let socket = loop {
                match self.socket.accept().await {
                    Ok((socket, _)) => break socket,
                    Err(_) => time::sleep(ACCEPT_PAUSE).await,
                }
            };
            // Moved between reactors as a plain socket. One that is already dead again needs no service.
            let Ok(socket) = socket.set_nodelay(true).and_then(|()| socket.into_std()) else {
                continue;
            };
            let (purpose, knobs, shared) = (self.purpose, self.knobs.clone(), Arc::clone(shared));
            let id = match purpose {
                Purpose::Traffic => shared.connections.fetch_add(1, Relaxed),
                Purpose::Control => 0,
            };
            thread.spawn(async move {
                let stats = match purpose {
                    Purpose::Traffic => &shared.stats,
                    Purpose::Control => &shared.control_stats,
                };
                let _open = stats.connection_opened();
                match TcpStream::from_std(socket) {
                    Ok(socket) => connection::serve(socket, &shared, stats, knobs, id).await,
                    Err(_) => Stats::add(&stats.connection_errors, 1),
                }
            });
        }
    }
}

/// Returns when the process is told to stop.
async fn stopped(until_stdin_closes: bool) -> io::Result<()> {
    tokio::select! {
        ended = stdin_closed(), if until_stdin_closes => ended,
        ended = tokio::signal::ctrl_c() => ended,
        ended = terminated() => ended,
    }
}

async fn stdin_closed() -> io::Result<()> {
    let (closed, told) = oneshot::channel();
    // A thread of its own: tokio's stdin would keep the runtime from ending while a read is under way.
    thread::Builder::new().name("stdin".into()).spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut discarded = [0; 256];
        while matches!(stdin.read(&mut discarded), Ok(count) if count > 0) {}
        // Nobody listens any more only when the process is ending already.
        let _ = closed.send(());
    })?;
    told.await.map_err(io::Error::other)
}

#[cfg(unix)]
async fn terminated() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> io::Result<()> {
    std::future::pending().await
}
