#![allow(missing_docs, dead_code, unused, clippy::all, clippy::pedantic)]
use std::{future::Future, marker::PhantomData, ops::Deref, pin::Pin, sync::Arc, task::{Context, Poll}, time::Duration};
use crate::*;
pub struct Pool<C>(PhantomData<Arc<C>>);
impl<C> Clone for Pool<C> { fn clone(&self) -> Self { todo!() } }
impl<C: Poolable> Pool<C> {
    pub fn new(limits: Limits) -> Self { todo!() }
    pub fn with_clock(limits: Limits, clock: impl Clock) -> Self { todo!() }
    pub fn origin(&self, key: &Key) -> Origin<C> { todo!() }
    pub fn limits(&self) -> Limits { todo!() }
    pub fn set_limits(&self, limits: Limits) { todo!() }
    pub fn sweep(&self) -> usize { todo!() }
    pub fn close(&self) { todo!() }
    pub fn is_closed(&self) -> bool { todo!() }
    pub fn stats(&self) -> PoolStats { todo!() }
    pub fn origin_stats(&self) -> Vec<(Key, OriginStats)> { todo!() }
}
pub struct Origin<C>(PhantomData<Arc<C>>);
impl<C> Clone for Origin<C> { fn clone(&self) -> Self { todo!() } }
pub enum Checkout<C: Poolable> { Ready(Lease<C>), Connect(Permit<C>), Full, Closed }
pub enum Granted<C: Poolable> { Ready(Lease<C>), Connect(Permit<C>) }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor { Any, Idle }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure { Error, TimedOut }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolClosed;
impl std::fmt::Display for PoolClosed { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("the pool is closed") } }
impl std::error::Error for PoolClosed {}
impl<C: Poolable> Origin<C> {
    pub fn checkout(&self) -> Checkout<C> { todo!() }
    pub fn wait(&self, wants: WaitFor) -> Wait<C> { todo!() }
    pub fn key(&self) -> &Key { todo!() }
    pub fn stats(&self) -> OriginStats { todo!() }
}
pub struct Wait<C: Poolable>(PhantomData<Arc<C>>);
impl<C: Poolable> Wait<C> {
    /// Gives up because the caller's timer fired; counted. A grant that was quicker is handed out after all.
    pub fn time_out(self) -> Option<Granted<C>> { todo!() }
}
impl<C: Poolable> Future for Wait<C> {
    type Output = Result<Granted<C>, PoolClosed>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> { todo!() }
}
pub struct Permit<C: Poolable>(PhantomData<Arc<C>>);
impl<C: Poolable> Permit<C> {
    pub fn establish(self, connection: C) -> Lease<C> { todo!() }
    pub fn fail(self, failure: ConnectFailure) { todo!() }
}
pub struct Lease<C: Poolable>(PhantomData<Arc<C>>);
impl<C: Poolable> Deref for Lease<C> { type Target = C; fn deref(&self) -> &C { todo!() } }
impl<C: Poolable> Lease<C> {
    pub fn connection(&self) -> &Arc<C> { todo!() }
    pub fn id(&self) -> u64 { todo!() }
    pub fn reused(&self) -> bool { todo!() }
    pub fn uses(&self) -> u64 { todo!() }
    pub fn keep_idle_for(&mut self, at_most: Duration) { todo!() }
    pub fn discard(self, reason: CloseReason) { todo!() }
    pub fn retire_handle(&self) -> Retire<C> { todo!() }
}
pub struct Retire<C: Poolable>(PhantomData<Arc<C>>);
impl<C: Poolable> Clone for Retire<C> { fn clone(&self) -> Self { todo!() } }
impl<C: Poolable> Retire<C> {
    /// The peer closed: evicted at once, idle or leased.
    pub fn closed(&self) { todo!() }
    /// `Poolable::capacity` has changed (HTTP/2 SETTINGS).
    pub fn capacity_changed(&self) { todo!() }
}
