//! 极限 · The same exchanges with nothing behind them: a bare hyper client and a bare hyper server.
//!
//! Why so: the network's own price on this machine, at this moment, under whatever else runs on it.
//! The request says in its path how many bytes are to come back; nobody reads what is in them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::measured::{Measured, Watch};

const JSON: &str = "application/json;charset=UTF-8";

/// Exchanges these sizes (bytes there, bytes back), so many at a time.
///
/// # Panics
/// If an exchange fails.
pub(crate) fn exchange(sizes: &[(usize, usize)], in_flight: usize) -> Measured {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads");
    let measured = runtime.block_on(all(sizes.to_vec(), in_flight));
    runtime.shutdown_timeout(Duration::from_secs(2));
    measured
}

async fn all(sizes: Vec<(usize, usize)>, in_flight: usize) -> Measured {
    let longest = sizes
        .iter()
        .map(|(there, back)| *there.max(back))
        .max()
        .unwrap_or(0);
    let filler = Bytes::from(vec![b'x'; longest]);
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let address = listener
        .local_addr()
        .expect("a bound socket has an address");
    let server = tokio::spawn(serve(listener, filler.clone()));
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let (sizes, next) = (Arc::new(sizes), Arc::new(AtomicUsize::new(0)));
    let watch = Watch::start();
    let mut senders = JoinSet::new();
    for _ in 0..in_flight.max(1) {
        let (client, filler, sizes, next) = (
            client.clone(),
            filler.clone(),
            Arc::clone(&sizes),
            Arc::clone(&next),
        );
        senders.spawn(async move {
            while let Some((there, back)) = sizes.get(next.fetch_add(1, Ordering::Relaxed)) {
                let request = request(address, *back, filler.slice(..*there));
                let response = client
                    .request(request)
                    .await
                    .expect("a bare server answers");
                let body = response
                    .into_body()
                    .collect()
                    .await
                    .expect("a whole answer")
                    .to_bytes();
                assert_eq!(body.len(), *back);
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.expect("an exchange that went well");
    }
    let measured = watch.stop();
    server.abort();
    measured
}

/// With the headers that the harness sends.
fn request(address: SocketAddr, back: usize, body: Bytes) -> Request<Full<Bytes>> {
    Request::post(format!("http://{address}/{back}"))
        .header(CONTENT_TYPE, JSON)
        .header(
            "x-crosswipe",
            "run=bench;epoch=1;now=2017-06-02T09:00:00.000+08:00",
        )
        .body(Full::new(body))
        .expect("plain headers")
}

async fn serve(listener: TcpListener, filler: Bytes) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a live socket");
        let filler = filler.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| answer(request, filler.clone()));
            let http = hyper::server::conn::http1::Builder::new();
            // A connection that the client closes is over.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    filler: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let back = request
        .uri()
        .path()
        .trim_start_matches('/')
        .parse()
        .unwrap_or(0);
    // The request is read whole before it is answered, as every party does.
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(filler.slice(..back)));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
    Ok(response)
}
