//! Panics on demand, for the tests of what becomes of one. Without the feature `provoked-panics`, which only
//! the build for those tests has, nothing is left of it.

#[cfg(feature = "provoked-panics")]
pub(crate) use on_demand::panic_at;

/// A place where a test may have a panic.
#[cfg(not(feature = "provoked-panics"))]
pub(crate) const fn panic_at(_: &str) {}

#[cfg(feature = "provoked-panics")]
mod on_demand {
    use std::sync::{Mutex, PoisonError};

    use napi_derive::napi;

    static WANTED: Mutex<Option<String>> = Mutex::new(None);

    /// Has the place of that name panic once, when it is next come to.
    #[napi(catch_unwind)]
    pub fn provoke_panic(place: String) {
        *WANTED.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    pub(crate) fn panic_at(place: &str) {
        let wanted = WANTED
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take_if(|wanted| wanted == place);
        assert!(wanted.is_none(), "provoked");
    }
}
