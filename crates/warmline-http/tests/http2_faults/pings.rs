//! Peers that answer PINGs, or do not.

use std::time::Duration;

use warmline_http::transport::{ConnectorOptions, PingOptions};
use warmline_http::{ClientOptions, Phase};

use crate::peer::client::{emptied, one_connection};
use crate::peer::http2::PING;
use crate::setting_with;

fn pinging(interval: u64) -> ClientOptions {
    ClientOptions {
        connector: ConnectorOptions {
            pings: PingOptions {
                interval: Duration::from_millis(interval),
                deadline: Duration::from_millis(50),
            },
            ..ConnectorOptions::default()
        },
        ..one_connection()
    }
}

#[tokio::test]
async fn a_peer_that_does_not_answer_a_ping_is_given_up() {
    let mut setting = setting_with(pinging(20), 2).await;
    setting.frames.next(PING).await.unwrap();
    for outcome in setting.outcomes().await.into_values() {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.code.as_ref(), error.phase),
            ("ETIMEDOUT", Phase::Headers)
        );
        assert!(!error.retryable);
    }
    setting.frames.closed().await;
    emptied(&setting.client).await;
}

#[tokio::test]
async fn a_peer_that_answers_its_pings_stays_with_requests_or_without() {
    const ACK: u8 = 1;
    let mut setting = setting_with(pinging(5), 1).await;
    for answered in [false, true] {
        for _ in 0..5 {
            let ping = setting.frames.next(PING).await.unwrap();
            setting.frames.send(PING, ACK, 0, &ping.payload).await;
        }
        if !answered {
            let stream = setting.arrived[0].0;
            setting.frames.answer(stream, b"0").await;
            assert_eq!(setting.requests.remove(0).await.unwrap().unwrap(), "0");
        }
    }
    assert_eq!(setting.client.stats().counts.idle, 1);
    // And idle, it is given up as well once it is silent.
    setting.frames.next(PING).await.unwrap();
    setting.frames.closed().await;
}
