//! Joins the pool, the transport and the rules: sends on a connection, sends again what provably never
//! left, follows redirects.

use std::sync::Arc;
use std::time::Duration;

use http::Version;
use tokio::time::{Instant, sleep_until, timeout_at};
use warmline_pool::{Key, Origin, Poolable};

use crate::accounting::Accounting;
use crate::attempts::{self, Tally};
use crate::busy::{Busy, Holding};
use crate::checkout::Search;
use crate::client::Client;
use crate::coding::{self, DecodingLimits};
use crate::error::{Error, Phase};
use crate::gates::Gates;
use crate::head::{self, Forwarded};
use crate::hedging::HedgeOptions;
use crate::keep_alive;
use crate::leases::LeasedConnection;
use crate::metrics::{OriginMetrics, Watch};
use crate::policy::rate_limit::Priority;
use crate::policy::retry::RetryOptions;
use crate::rate_limits::Permit as RatePermit;
use crate::redirect::{self, Hop};
use crate::request::{Hedging, Request, Timeouts};
use crate::response::{Body, Facts, Response};
use crate::sse::MediaType;
use crate::transport::{Connection, Incoming, RequestBody, ResponseHead, SendError};

/// How often a request that never left may move on from one fresh connection to another. Dead
/// pooled connections do not count: each of them is removed by the try.
const MAX_FRESH_TRIES: u32 = 2;

/// How often a request may be refused unprocessed on connections that go on serving others.
const MAX_REFUSALS: u32 = 3;

/// What stays the same for a request over all its hops and tries.
pub(crate) struct Journey<'a> {
    client: &'a Client,
    timeouts: Timeouts,
    start: Instant,
    deadline: Option<Instant>,
    connection: Option<LeasedConnection>,
    /// How far an encoded response may grow; `None` leaves it encoded.
    decoding: Option<DecodingLimits>,
    /// When it is sent again; `None` if whoever made it sees to that.
    retry: Option<&'a RetryOptions>,
    pub(crate) priority: Priority,
    /// When it is sent a second time beside the first; `None` if that could do harm.
    hedge: Option<&'a HedgeOptions>,
}

/// One hop's answer. Boxed where it is handed on: it goes through as many hands as there are policies.
pub(crate) struct Answer {
    pub(crate) head: ResponseHead,
    incoming: Incoming,
    pub(crate) busy: Busy,
    pub(crate) facts: Facts,
    /// When its head had come.
    pub(crate) at: Instant,
    /// Its place within a rate limit. Boxed: few have one.
    pub(crate) permit: Option<Box<RatePermit>>,
}

pub(crate) async fn send(client: &Client, request: Request) -> Result<Response, Error> {
    let Request {
        method,
        target,
        headers,
        body,
        redirect: mode,
        mut referrer,
        timeouts,
        encoded,
        connection,
        mut route,
        retry,
        priority,
        hedging,
    } = request;
    let timeouts = timeouts.or(client.timeouts());
    let start = Instant::now();
    let deadline = timeouts.total.map(|total| start + total);
    let leased = connection.is_some();
    let harmless = match hedging {
        Hedging::Never => false,
        Hedging::Idempotent => method.is_idempotent(),
        Hedging::Always => true,
    };
    let journey = Journey {
        client,
        timeouts,
        start,
        deadline,
        connection,
        decoding: client.decoding().filter(|_| !encoded),
        retry: client.retry().filter(|_| retry),
        priority,
        // A leased connection carries one request at a time.
        hedge: client.hedge().filter(|_| harmless && !leased),
    };
    let mut hop = Hop {
        method,
        target,
        headers,
        body: Some(body),
    };
    attempts::prepare(&journey, &mut hop);
    let mut tally = Tally::default();
    let (mut hops, mut crossed_origins) = (0, false);
    loop {
        if let Some(referrer) = &mut referrer {
            referrer.tell(hop.target.url(), &mut hop.headers);
        }
        let body = hop.body.take().unwrap_or(RequestBody::Empty);
        hop.body = body.replay();
        let answer = attempts::hop(&journey, route.take(), &mut hop, body, &mut tally).await?;
        let origin = Arc::clone(&hop.target.origin);
        let named = |error: Error| error.with_origin(Arc::clone(&origin));
        let Answer {
            head,
            incoming,
            busy,
            facts,
            at,
            permit,
        } = *answer;
        let counts = Arc::clone(busy.counts());
        let mut body = Body::new(incoming, busy, timeouts.idle, deadline, Arc::clone(&origin));
        let next =
            redirect::target(mode, head.status, &head.headers, hop.target.url()).map_err(named)?;
        let Some(next) = next else {
            let decoding = match journey.decoding {
                None => None,
                Some(limits) => {
                    coding::of(&hop.method, head.status, &head.headers, limits).map_err(named)?
                }
            };
            let decoded = decoding.is_some();
            let (accounting, watch) = journey.readers(&hop, &head, at, counts, permit);
            body.begin(decoding, accounting, watch);
            return Ok(Response {
                status: head.status,
                reason: head.reason,
                headers: head.headers,
                target: hop.target,
                redirected: hops > 0,
                crossed_origins,
                decoded,
                facts,
                body,
            });
        };
        if let Some(referrer) = &mut referrer {
            referrer.redirect(&head.headers);
        }
        crossed_origins |= next.origin != origin;
        hop = redirect::follow(hop, next, head.status, hops).map_err(named)?;
        hops += 1;
        tally.begin_hop();
        tokio::spawn(body.drain());
    }
}

impl Answer {
    /// Reads the rest of an answer that nobody wants, within bounds, for its connection's sake.
    pub(crate) fn forgo(self, journey: &Journey<'_>, origin: Arc<str>) {
        let (idle, deadline) = (journey.timeouts.idle, journey.deadline);
        let body = Body::new(self.incoming, self.busy, idle, deadline, origin);
        tokio::spawn(body.drain());
    }
}

impl Journey<'_> {
    pub(crate) fn gates(&self) -> &Gates {
        self.client.gates()
    }

    /// What is counted of the origin that a hop leads to.
    pub(crate) fn counts(&self, hop: &Hop) -> &OriginMetrics {
        self.client.metrics().origin(&hop.target.origin)
    }

    pub(crate) fn retry(&self) -> Option<&RetryOptions> {
        self.retry
    }

    pub(crate) fn hedge(&self) -> Option<&HedgeOptions> {
        self.hedge
    }

    /// Those that read along with the body of a response, whose head had come `at` this moment.
    fn readers(
        &self,
        hop: &Hop,
        head: &ResponseHead,
        at: Instant,
        counts: Arc<OriginMetrics>,
        permit: Option<Box<RatePermit>>,
    ) -> (Option<Box<Accounting>>, Watch) {
        let model = self.client.metrics().model(&hop.target, hop.body.as_ref());
        let asked = model
            .as_ref()
            .map(|model| (Arc::clone(&counts), Arc::clone(model)));
        let media_type = MediaType::of(&head.headers);
        let accounting = Accounting::of(head.status, media_type, asked, permit);
        let watch = Watch::new(counts, [self.start, at], head.status, media_type, model);
        (accounting, watch)
    }

    /// How much of its time is left; `None` without a limit.
    pub(crate) fn patience(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Sends one hop's request, over as many connections as it takes for it to leave; `attempts` have been
    /// made elsewhere.
    pub(crate) async fn hop(
        &self,
        hop: &Hop,
        mut body: RequestBody,
        attempts: u32,
    ) -> Result<Box<Answer>, SendError> {
        if let Err(error) = head::check(&hop.headers, &mut body) {
            let unsent = None;
            return Err(SendError { error, unsent });
        }
        let again = || {
            let mut again = hop.body.as_ref()?.replay()?;
            head::check(&hop.headers, &mut again).ok()?;
            Some(Box::new(again))
        };
        let key = &*self.client.key(&hop.target.key);
        let origin = self.client.pool().origin(key);
        let counts = self.client.metrics().origin(&hop.target.origin);
        let mut attempt = attempts + 1;
        let (mut fresh_tries, mut refusals) = (0, 0);
        loop {
            let (holding, opening) = match self.obtain(hop, key, &origin).await {
                Ok(obtained) => obtained,
                Err(mut error) => {
                    let facts = error.facts.take().unwrap_or_default();
                    error.facts = Some(Box::new(facts.unconnected(self.start.elapsed())));
                    let unsent = Some(Box::new(body));
                    return Err(SendError { error, unsent });
                }
            };
            let obtained = Instant::now();
            let id = holding.id();
            let mut busy = Busy::new(holding, attempt, counts);
            let reused = busy.reused;
            fresh_tries += u32::from(!reused);
            let mut facts = Facts {
                connection_id: id,
                reused,
                attempt,
                queue: obtained - self.start,
                ..opening
            };
            if facts.is_older() || reused {
                (facts.dns, facts.tcp, facts.tls) = Default::default();
            }
            match self.exchange(&busy, hop, body).await {
                Ok((head, incoming)) => {
                    if let Some(kept) = keep_alive::stated(&head.headers) {
                        busy.server_keeps_for(kept);
                    }
                    let at = Instant::now();
                    let sent = head.sent.unwrap_or(at);
                    facts.send = sent - obtained;
                    facts.first_byte = at - sent;
                    // The connection knows what it speaks, but not which minor version each answer is of.
                    if head.version == Version::HTTP_10 {
                        facts.protocol = "http/1.0";
                    }
                    return Ok(Box::new(Answer {
                        head,
                        incoming,
                        busy,
                        facts,
                        at,
                        permit: None,
                    }));
                }
                Err(SendError { mut error, unsent }) => {
                    error.attempt = attempt;
                    error.reused_connection = reused;
                    error.facts = Some(Box::new(facts));
                    // A leased connection is the one the caller asked for: there is no other.
                    refusals += u32::from(busy.connection().is_some_and(Poolable::is_open));
                    let elsewhere = self.connection.is_none()
                        && fresh_tries < MAX_FRESH_TRIES
                        && refusals < MAX_REFUSALS;
                    // Some of it may have gone to a peer that never looked at it.
                    let unsent = match unsent {
                        None if error.retryable => again(),
                        unsent => unsent,
                    };
                    body = match unsent {
                        Some(body) if error.retryable && elsewhere => *body,
                        unsent => return Err(SendError { error, unsent }),
                    };
                    attempt += 1;
                }
            }
        }
    }

    async fn exchange(
        &self,
        busy: &Busy,
        hop: &Hop,
        mut body: RequestBody,
    ) -> Result<(ResponseHead, Incoming), SendError> {
        let Some(connection) = busy.connection() else {
            let error = Error::new("UND_ERR_SOCKET", Phase::Send, "the connection is gone");
            let unsent = Some(Box::new(body));
            return Err(SendError { error, unsent });
        };
        // Boxed: few requests have one, and all would carry its place.
        let forwarded = connection
            .forwarder()
            .map(|proxy| Box::new(Forwarded::by(proxy, hop)));
        let decodes = self.decoding.is_some();
        let head = match &forwarded {
            None => head::of(hop, decodes),
            Some(forwarded) => forwarded.of(hop, decodes),
        };
        let first_byte = self.timeouts.first_byte;
        let taken = first_byte.and_then(|_| body.until_taken());
        let answer = connection.send(&head, body, self.timeouts.write);
        if let (Some(limit), Some(taken)) = (first_byte, taken) {
            return Box::pin(self.after_upload(answer, taken, limit)).await;
        }
        let first_byte = first_byte.map(|limit| Instant::now() + limit);
        let Some(limit) = first_byte.into_iter().chain(self.deadline).min() else {
            return answer.await;
        };
        timeout_at(limit, answer).await.unwrap_or_else(|_| {
            let total = self.deadline == Some(limit);
            let error = if total {
                self.total_timeout(Phase::Headers)
            } else {
                headers_timeout()
            };
            Err(SendError {
                error,
                unsent: None,
            })
        })
    }

    /// Waits for an answer whose time runs only once its request's stream has been taken.
    async fn after_upload<T>(
        &self,
        answer: impl Future<Output = Result<T, SendError>>,
        taken: impl Future<Output = ()>,
        limit: Duration,
    ) -> Result<T, SendError> {
        let late = async {
            taken.await;
            tokio::time::sleep(limit).await;
            headers_timeout()
        };
        let overdue = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
            self.total_timeout(Phase::Headers)
        };
        let error = tokio::select! {
            biased;
            answer = answer => return answer,
            error = late => error,
            error = overdue => error,
        };
        Err(SendError {
            error,
            unsent: None,
        })
    }

    /// A connection for this request, and how it came to be.
    async fn obtain(
        &self,
        hop: &Hop,
        key: &Key,
        origin: &Origin<Connection>,
    ) -> Result<(Holding, Facts), Error> {
        let obtaining = async {
            if let Some(leased) = &self.connection {
                let guard = leased.begin(&hop.target.key).await?;
                return Ok(Holding::Leased(guard));
            }
            let search = Search {
                client: self.client,
                key,
                origin,
                timeouts: self.timeouts,
            };
            search.lease().await.map(Holding::Pooled)
        };
        let holding = match self.deadline {
            None => obtaining.await?,
            Some(deadline) => timeout_at(deadline, obtaining)
                .await
                .map_err(|_| self.total_timeout(Phase::Pool))??,
        };
        let info = holding.connection().info();
        let facts = Facts {
            protocol: info.protocol,
            dns: info.timings.dns,
            tcp: info.timings.tcp,
            tls: info.timings.tls,
            addresses: info.remote_address.zip(info.local_address),
            ..Facts::default()
        };
        Ok((holding, facts))
    }

    pub(crate) fn total_timeout(&self, phase: Phase) -> Error {
        let limit = self.timeouts.total.unwrap_or_default();
        let message = format!(
            "timeout: the request took longer than {} ms",
            limit.as_millis()
        );
        Error::new("WARMLINE_TOTAL_TIMEOUT", phase, message)
    }
}

fn headers_timeout() -> Error {
    Error::new(
        "UND_ERR_HEADERS_TIMEOUT",
        Phase::Headers,
        "headers timeout: no response came in time",
    )
}
