//! Named pools and leases, by number. Taking and returning an idle connection happens here, on the
//! JavaScript thread, without waiting for anybody.

use std::cell::Cell;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;
use warmline_http::{
    ConnectionInfo, EndpointId, Error, Holder, LeaseId, LeasedConnection, NamedPool, Phase, Return,
    spots,
};

use crate::error::to_napi;
use crate::exchange::Ending;
use crate::outbox::End;
use crate::provoked;

/// Named pools live as long as the process, and are few.
static POOLS: RwLock<Vec<&'static NamedPool>> = RwLock::new(Vec::new());

fn pool(number: u32) -> Option<&'static NamedPool> {
    POOLS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(number as usize)
        .copied()
}

/// Whose the leases of this JavaScript thread are: what it has not given back ends with it.
pub(crate) fn holder(env: Env) -> napi::Result<Holder> {
    thread_local! {
        static HOLDER: Cell<Option<Holder>> = const { Cell::new(None) };
    }
    if let Some(holder) = HOLDER.get() {
        return Ok(holder);
    }
    let holder = Holder::new();
    env.add_env_cleanup_hook(holder, |holder| {
        // Another environment may come to the thread.
        HOLDER.set(None);
        holder.end();
    })?;
    HOLDER.set(Some(holder));
    Ok(holder)
}

fn unknown_pool() -> Error {
    Error::new("WARMLINE_INTERNAL", Phase::Pool, "there is no such pool")
}

/// The number of the pool of that name; the same for every thread.
#[napi(catch_unwind)]
pub fn open_pool(name: String) -> napi::Result<u32> {
    let opened = NamedPool::open(&name).map_err(|error| to_napi(&error))?;
    let mut pools = POOLS.write().unwrap_or_else(PoisonError::into_inner);
    let index = pools
        .iter()
        .position(|pool| std::ptr::eq(*pool, opened))
        .unwrap_or_else(|| {
            pools.push(opened);
            pools.len() - 1
        });
    u32::try_from(index).map_err(|_| napi::Error::from_reason("too many pools"))
}

/// The number of an endpoint in a pool.
#[napi(catch_unwind)]
pub fn pool_endpoint(number: u32, url: String) -> napi::Result<u32> {
    pool(number)
        .ok_or_else(unknown_pool)
        .and_then(|pool| pool.endpoint(&url))
        .map(EndpointId::get)
        .map_err(|error| to_napi(&error))
}

/// Leases a connection; 0 at a limit.
#[napi(catch_unwind)]
pub fn lease_get(env: Env, number: u32, endpoint: u32) -> napi::Result<f64> {
    let holder = holder(env)?;
    let lease = pool(number).and_then(|pool| pool.get(EndpointId::from_number(endpoint), holder));
    Ok(lease.map_or(0.0, to_number))
}

/// Gives a lease back; false if there is none.
#[napi(catch_unwind)]
#[must_use]
pub fn lease_put(number: u32, lease: f64) -> bool {
    pool(number).is_some_and(|pool| pool.put(from_number(lease)))
}

/// Gives a lease back and parks its connection: 2 if it is parked in the lease's spot, 1 if it is for
/// whoever is next, 0 if there is no such lease.
#[napi(catch_unwind)]
#[must_use]
pub fn lease_park(number: u32, lease: f64) -> u32 {
    match pool(number).map(|pool| pool.park(from_number(lease))) {
        Some(Return::Parked) => 2,
        Some(Return::Returned) => 1,
        Some(Return::NoLease) | None => 0,
    }
}

/// The words of all spots, which every thread sees and changes with `Atomics`. `null` where the
/// runtime forbids memory that is not its own, as Electron does.
#[napi(catch_unwind, ts_return_type = "ArrayBuffer | null")]
pub fn lease_spots(env: Env) -> napi::Result<Option<Unknown<'static>>> {
    let spots = spots();
    let mut buffer = std::ptr::null_mut();
    // SAFETY: the words are static, so that they outlive every thread and need no finalizer; they are
    // atomics, so that they may change at any time; and a `Spot` is one word.
    let status = unsafe {
        napi::sys::napi_create_external_arraybuffer(
            env.raw(),
            spots.as_ptr().cast_mut().cast(),
            size_of_val(spots),
            None,
            std::ptr::null_mut(),
            &raw mut buffer,
        )
    };
    if status == napi::sys::Status::napi_no_external_buffers_allowed {
        return Ok(None);
    }
    napi::check_status!(status)?;
    // SAFETY: the call above made it, in this very call from JavaScript.
    Ok(Some(unsafe {
        Unknown::from_raw_unchecked(env.raw(), buffer)
    }))
}

/// Closes a lease's connection; false if there is none.
#[napi(catch_unwind)]
#[must_use]
pub fn lease_remove(number: u32, lease: f64) -> bool {
    pool(number).is_some_and(|pool| pool.remove(from_number(lease)))
}

/// Looks at a lease's socket.
#[napi(catch_unwind)]
#[must_use]
pub fn lease_healthy(number: u32, lease: f64) -> bool {
    pool(number).is_some_and(|pool| pool.healthy(from_number(lease)))
}

/// Closes what is expired, idle for too long or dead; how many.
#[napi(catch_unwind)]
#[must_use]
pub fn pool_cleanup(number: u32) -> u32 {
    provoked::panic_at("function");
    pool(number).map_or(0, |pool| u32::try_from(pool.cleanup()).unwrap_or(u32::MAX))
}

/// A named pool's numbers as JSON, in the shape of `PoolStats` of the TypeScript API.
#[napi(catch_unwind)]
pub fn pool_stats(number: u32) -> napi::Result<String> {
    let stats = pool(number)
        .ok_or_else(|| to_napi(&unknown_pool()))?
        .stats();
    let endpoints: serde_json::Map<_, _> = stats
        .endpoints
        .into_iter()
        .map(|endpoint| {
            let numbers = serde_json::json!({
                "active": endpoint.active,
                "idle": endpoint.idle,
                "pending": endpoint.pending,
            });
            (endpoint.endpoint, numbers)
        })
        .collect();
    Ok(serde_json::json!({
        "totalConnections": stats.total_connections,
        "activeConnections": stats.active_connections,
        "idleConnections": stats.idle_connections,
        "pending": stats.pending,
        "waiting": stats.waiting,
        "endpoints": endpoints,
        "limits": {
            "maxConnections": stats.max_connections,
            "maxConnectionsPerEndpoint": stats.max_connections_per_endpoint,
            "idleTimeout": u64::try_from(stats.idle_timeout.as_millis()).unwrap_or(u64::MAX),
        },
    })
    .to_string())
}

/// A lease on its way to JavaScript. Dropped before it has arrived, because the thread that asked
/// for it has ended, it goes back: nobody knows of it.
pub(crate) struct Offered {
    pool: &'static NamedPool,
    lease: LeaseId,
}

impl Offered {
    pub(crate) fn take(self) -> LeaseId {
        let lease = self.lease;
        std::mem::forget(self);
        lease
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        self.pool.put(self.lease);
    }
}

pub(crate) async fn acquire(
    number: u32,
    endpoint: u32,
    holder: Holder,
    timeout: Option<Duration>,
    ending: Ending,
) {
    let acquired = async {
        let pool = pool(number).ok_or_else(unknown_pool)?;
        let endpoint = EndpointId::from_number(endpoint);
        let lease = pool.acquire(endpoint, holder, timeout).await?;
        Ok(Offered { pool, lease })
    };
    ending.outbox.end(match acquired.await {
        Ok(offered) => End::Lease(offered),
        Err(error) => End::Failed(Box::new(error)),
    });
}

pub(crate) async fn ready(number: u32, lease: u64, ending: Ending) {
    let ready = async {
        let pool = pool(number).ok_or_else(unknown_pool)?;
        pool.ready(LeaseId::from_number(lease)).await
    };
    ending.outbox.end(match ready.await {
        Ok(info) => End::Value(info_json(&info)),
        Err(error) => End::Failed(Box::new(error)),
    });
}

/// The connection that a request names.
pub(crate) fn connection(lease: u64) -> Result<LeasedConnection, Error> {
    LeasedConnection::of(LeaseId::from_number(lease))
}

fn info_json(info: &ConnectionInfo) -> String {
    let millis = |duration: Duration| (duration.as_secs_f64() * 1e6).round() / 1e3;
    serde_json::json!({
        "protocol": info.protocol,
        "remoteAddress": info.remote_address.map(|address| address.to_string()),
        "localAddress": info.local_address.map(|address| address.to_string()),
        "tls": info.tls.map(|tls| serde_json::json!({ "version": tls.version, "cipher": tls.cipher })),
        "timings": {
            "dns": millis(info.timings.dns),
            "tcp": millis(info.timings.tcp),
            "tls": millis(info.timings.tls),
        },
    })
    .to_string()
}

/// Lease ids stay below 2^53.
#[allow(clippy::cast_precision_loss, reason = "lease ids are at most 2^53 - 1")]
fn to_number(lease: LeaseId) -> f64 {
    lease.get() as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whatever is no lease id becomes one that no lease has"
)]
fn from_number(lease: f64) -> LeaseId {
    LeaseId::from_number(lease as u64)
}
