//! Calls JavaScript threads now and then, for as long as somebody wants to know how late they come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use napi_derive::napi;
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::error::to_napi;
use crate::mailbox::Mailbox;

/// Often enough to find who blocks a thread, rarely enough not to be seen: 2 µs of a thread each time.
const INTERVAL: Duration = Duration::from_millis(100);

static MAILBOXES: Mutex<Vec<Weak<Mailbox>>> = Mutex::new(Vec::new());
static CALLER: Mutex<Caller> = Mutex::new(Caller {
    watchers: 0,
    task: None,
});

/// Who calls, while there is somebody for whom.
struct Caller {
    watchers: usize,
    task: Option<AbortHandle>,
}

/// A thread that is called from now on, until its mailbox is gone.
pub(crate) fn add(mailbox: &Arc<Mailbox>) {
    let mut mailboxes = locked(&MAILBOXES);
    mailboxes.retain(|mailbox| mailbox.strong_count() > 0);
    mailboxes.push(Arc::downgrade(mailbox));
}

/// One more wants to know how late threads come.
#[napi(catch_unwind)]
pub fn watch_threads() -> napi::Result<()> {
    let engine = warmline_http::engine().map_err(|error| to_napi(&error))?;
    let mut caller = locked(&CALLER);
    caller.watchers += 1;
    if caller.task.is_none() {
        caller.task = Some(engine.spawn(call()).abort_handle());
    }
    Ok(())
}

/// One less does.
#[napi(catch_unwind)]
pub fn unwatch_threads() {
    let mut caller = locked(&CALLER);
    caller.watchers = caller.watchers.saturating_sub(1);
    if caller.watchers == 0
        && let Some(task) = caller.task.take()
    {
        task.abort();
    }
}

async fn call() {
    let mut turns = interval(INTERVAL);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        let mailboxes: Vec<_> = locked(&MAILBOXES)
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        for mailbox in mailboxes {
            mailbox.call();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
