//! The mock on real sockets: what callers see of broken connections, and the certificate.

use std::io::{Read, Write};
use std::sync::Arc;

use http::Request;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::fixture::{AUDIT, AUDIT_TABLE, Fixture, events};
use crate::{Authority, Names, Tls};

/// A fixture that is served, and the addresses it is served at.
struct Served {
    fixture: Fixture,
    http: std::net::SocketAddr,
    https: std::net::SocketAddr,
    tls: Tls,
    stop: CancellationToken,
    serving: tokio::task::JoinHandle<()>,
}

async fn served() -> Served {
    served_with(Tls::generate().unwrap()).await
}

async fn served_with(tls: Tls) -> Served {
    let fixture = Fixture::new();
    let (http, https) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let addresses = (http.local_addr().unwrap(), https.local_addr().unwrap());
    let stop = CancellationToken::new();
    let serving = tokio::spawn(fixture.mock.clone().serve(http, Some((https, tls.clone())), stop.clone()));
    Served { fixture, http: addresses.0, https: addresses.1, tls, stop, serving }
}

/// A request as bytes.
fn wire(request: &Request<String>) -> Vec<u8> {
    let mut text =
        format!("{} {} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.extend([name.as_str(), ": ", value.to_str().unwrap(), "\r\n"]);
    }
    format!("{text}content-length: {}\r\n\r\n{}", request.body().len(), request.body()).into_bytes()
}

/// What comes back until the connection ends, and how it ends.
async fn converse(address: std::net::SocketAddr, request: &[u8]) -> (String, std::io::Result<usize>) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let mut response = Vec::new();
    let ended = connection.read_to_end(&mut response).await;
    (String::from_utf8(response).unwrap(), ended)
}

async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
    converse(address, request).await.0
}

async fn upload(served: &Served, id: &str) -> String {
    let (parts, _) = served.fixture.upload_request(AUDIT, "").await.into_parts();
    exchange(served.http, &wire(&Request::from_parts(parts, events(&[id])))).await
}

#[tokio::test]
async fn a_lost_answer_leaves_the_rows_and_no_byte() {
    let served = served().await;
    assert!(upload(&served, "heard").await.starts_with("HTTP/1.1 204 No Content\r\n"));
    let fault = json!({"when": {"call": "sentinel.ingest"}, "fault": {"lost_answer": true}});
    served.fixture.mock.inject(serde_json::from_value(fault).unwrap());
    assert_eq!(upload(&served, "lost").await, "");
    let fault = json!({"when": {"call": "sentinel.ingest"}, "fault": {"reset": true}});
    served.fixture.mock.inject(serde_json::from_value(fault).unwrap());
    let (parts, _) = served.fixture.upload_request(AUDIT, "").await.into_parts();
    let (nothing, ended) = converse(served.http, &wire(&Request::from_parts(parts, events(&["never"])))).await;
    assert_eq!((nothing.as_str(), ended.unwrap_err().kind()), ("", std::io::ErrorKind::ConnectionReset));
    assert_eq!(served.fixture.mock.ids(AUDIT_TABLE), ["heard", "lost"]);
    served.stop.cancel();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn every_response_is_dated_once_and_by_the_clock_of_the_world() {
    let served = served().await;
    served.fixture.control("clock", &json!({"advance": "24h", "freeze": true})).await;
    let tomorrow = "Tue, 24 Nov 2026 12:00:00 GMT";
    for path in ["/_control/health", "/nowhere", "/contoso.example/v2.0/.well-known/openid-configuration"] {
        assert_eq!(served.fixture.get(path).await.header("date"), Some(tomorrow), "{path}");
        let response = exchange(served.http, &wire(&Request::get(path).body(String::new()).unwrap())).await;
        let dates: Vec<_> = response.lines().filter_map(|line| line.strip_prefix("date: ")).collect();
        assert_eq!(dates, [tomorrow], "{response}");
    }
    served.stop.cancel();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn a_cut_answer_ends_after_so_many_bytes_of_its_body() {
    let served = served().await;
    let fault = json!({"when": {"call": "sentinel.discovery"}, "fault": {"cut_after_bytes": 7}});
    served.fixture.mock.inject(serde_json::from_value(fault).unwrap());
    let request = Request::get("/contoso.example/v2.0/.well-known/openid-configuration").body(String::new()).unwrap();
    let response = exchange(served.http, &wire(&request)).await;
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert_eq!(body.len(), 7, "{body}");
    served.stop.cancel();
    served.serving.await.unwrap();
}

/// The response over https to a caller who trusts the root and calls the mock by this name.
async fn secure(served: &Served, name: &'static str, request: Vec<u8>) -> std::io::Result<String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(served.tls.root_pem().as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let address = served.https;
    let exchange = move || {
        let connection = rustls::ClientConnection::new(config, ServerName::try_from(name).unwrap()).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, std::net::TcpStream::connect(address).unwrap());
        stream.write_all(&request)?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response)?;
        Ok(String::from_utf8(response).unwrap())
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

#[tokio::test]
async fn https_is_trusted_by_the_root_that_is_handed_out() {
    let served = served().await;
    let request = wire(&Request::get("/_control/health").body(String::new()).unwrap());
    for name in ["localhost", "127.0.0.1"] {
        assert!(secure(&served, name, request.clone()).await.unwrap().starts_with("HTTP/1.1 200 OK"));
    }
    for name in ["elsewhere.example", "login.microsoftonline.com"] {
        assert!(secure(&served, name, request.clone()).await.unwrap_err().to_string().contains("certificate"));
    }
    served.stop.cancel();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn under_azures_names_azures_hosts_are_answered_for() {
    let names = Names::new(["azure"], "westeurope").unwrap();
    let served = served_with(Tls::issue(&Authority::generate().unwrap(), &names).unwrap()).await;
    let request = wire(&Request::get("/_control/health").body(String::new()).unwrap());
    for name in [
        "login.microsoftonline.com",
        "management.azure.com",
        "api.loganalytics.io",
        "miro-abcd.westeurope-1.ingest.monitor.azure.com",
        "localhost",
    ] {
        assert!(secure(&served, name, request.clone()).await.unwrap().starts_with("HTTP/1.1 200 OK"), "{name}");
    }
    served.stop.cancel();
    served.serving.await.unwrap();
}

#[tokio::test]
async fn a_long_body_to_a_wrong_path_gets_to_read_the_answer() {
    let served = served().await;
    let body = "x".repeat(3 << 20);
    for (path, method, status) in [
        ("/dataCollectionRules/dcr-1/stream/Custom-A", "POST", "404"),
        ("/v1/workspaces/w/query", "PUT", "405"),
        ("/contoso.example/discovery/keys", "GET", "200"),
        ("/_control/reset", "POST", "204"),
    ] {
        let request = Request::builder().method(method).uri(path).body(body.clone()).unwrap();
        let response = secure(&served, "localhost", wire(&request)).await.unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {response}");
    }
    served.stop.cancel();
    served.serving.await.unwrap();
}
