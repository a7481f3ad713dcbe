//! Happy eyeballs (RFC 8305 section 5): the addresses of a host are tried one after another, without
//! waiting for a silent one to fail.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

/// What became of the attempt at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Answered,
    Failed,
    /// It has said nothing for as long as it was waited for before the next one was tried.
    Silent,
}

/// Starts an attempt at each address, the next when the last one failed or kept silent for `delay`.
/// The first to succeed ends all others: their futures are dropped.
///
/// # Errors
/// Every failure with its address, in the order of their coming.
pub(super) async fn race<T, E, F>(
    addresses: &[SocketAddr],
    delay: Duration,
    attempt: impl Fn(SocketAddr) -> F,
    tell: &(dyn Fn(SocketAddr, News) + Sync),
) -> Result<T, Vec<(SocketAddr, E)>>
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let mut waiting = addresses.iter().copied();
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    loop {
        let newest = waiting.next();
        if let Some(address) = newest {
            let attempting = attempt(address);
            // Boxed: a socket keeps the waker of whoever waited for it to connect, and with it this task's
            // memory, for as long as it is open.
            attempts.spawn(Box::pin(async move { (address, attempting.await) }));
        }
        let outcome = tokio::select! {
            biased;
            outcome = attempts.join_next() => outcome,
            () = sleep(delay), if waiting.len() > 0 => {
                if let Some(silent) = newest {
                    tell(silent, News::Silent);
                }
                continue;
            }
        };
        match outcome {
            Some(Ok((address, Ok(success)))) => {
                tell(address, News::Answered);
                return Ok(success);
            }
            Some(Ok((address, Err(error)))) => {
                tell(address, News::Failed);
                failures.push((address, error));
            }
            // A task of ours does not panic and is cancelled only by dropping this future.
            Some(Err(_)) => {}
            None => return Err(failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::time::Instant;

    use super::*;

    const DELAY: Duration = Duration::from_millis(250);

    /// What an address does, and when after it was tried.
    #[derive(Clone, Copy)]
    enum Does {
        Answer(u64),
        Fail(u64),
        Nothing,
    }

    /// What happened, with the time in milliseconds: `+ 2` is the start of the attempt at the second
    /// address, `- 2` its end without success.
    #[derive(Clone, Default)]
    struct Diary(Arc<Mutex<Vec<String>>>);

    struct Attempt(Diary, u16, Instant);

    impl Diary {
        fn note(&self, start: Instant, what: &str) {
            let line = format!("{}: {what}", start.elapsed().as_millis());
            self.0.lock().unwrap().push(line);
        }
    }

    impl Drop for Attempt {
        fn drop(&mut self) {
            self.0.note(self.2, &format!("- {}", self.1));
        }
    }

    /// Races addresses that do so; their number is their port.
    async fn played(script: &'static [Does]) -> (Result<u16, Vec<u16>>, Vec<String>) {
        let (diary, start) = (Diary::default(), Instant::now());
        let addresses: Vec<SocketAddr> = (1..=script.len())
            .map(|number| ([127, 0, 0, 1], u16::try_from(number).unwrap()).into())
            .collect();
        let attempt = |address: SocketAddr| {
            let number = address.port();
            diary.note(start, &format!("+ {number}"));
            let guard = Attempt(diary.clone(), number, start);
            async move {
                let outcome = match script[usize::from(number) - 1] {
                    Does::Answer(after) => (after, Ok(number)),
                    Does::Fail(after) => (after, Err(())),
                    Does::Nothing => std::future::pending().await,
                };
                sleep(Duration::from_millis(outcome.0)).await;
                if outcome.1.is_ok() {
                    std::mem::forget(guard);
                }
                outcome.1
            }
        };
        let tell = |address: SocketAddr, news| {
            diary.note(start, &format!("{} {news:?}", address.port()));
        };
        let outcome = race(&addresses, DELAY, attempt, &tell).await;
        // Tasks that were ended are dropped by the runtime.
        sleep(Duration::from_millis(1)).await;
        let outcome = outcome.map_err(|failures| failures.iter().map(|(a, ())| a.port()).collect());
        let lines = diary.0.lock().unwrap().clone();
        (outcome, lines)
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_answers_is_the_only_one_that_is_tried() {
        let (outcome, diary) = played(&[Does::Answer(249), Does::Nothing]).await;
        assert_eq!(outcome, Ok(1));
        assert_eq!(diary, ["0: + 1", "249: 1 Answered"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_one_is_given_250_ms_and_ended_when_another_answers() {
        let (outcome, diary) = played(&[Does::Nothing, Does::Answer(10), Does::Nothing]).await;
        assert_eq!(outcome, Ok(2));
        assert_eq!(
            diary,
            [
                "0: + 1",
                "250: 1 Silent",
                "250: + 2",
                "260: 2 Answered",
                "260: - 1"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_the_next_one_does_not_wait() {
        let (outcome, diary) = played(&[Does::Fail(5), Does::Fail(5), Does::Answer(5)]).await;
        assert_eq!(outcome, Ok(3));
        assert_eq!(
            diary,
            [
                "0: + 1",
                "5: - 1",
                "5: 1 Failed",
                "5: + 2",
                "10: - 2",
                "10: 2 Failed",
                "10: + 3",
                "15: 3 Answered"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_merely_slow_may_still_win() {
        let (outcome, diary) = played(&[Does::Answer(400), Does::Nothing]).await;
        assert_eq!(outcome, Ok(1));
        assert_eq!(
            diary,
            [
                "0: + 1",
                "250: 1 Silent",
                "250: + 2",
                "400: 1 Answered",
                "400: - 2"
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_have_failed_each_failure_is_told() {
        let (outcome, _) = played(&[Does::Fail(300), Does::Fail(10)]).await;
        assert_eq!(outcome, Err(vec![2, 1]));
    }
}
