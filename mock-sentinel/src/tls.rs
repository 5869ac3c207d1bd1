//! A certificate authority of one afternoon: a root and a leaf for this machine, made at start.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The host names and addresses that the leaf is valid for.
const HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What the https listener presents, and the root that callers must trust.
///
/// The leaf is signed by a separate root: rustls refuses a certificate that is its own authority.
#[derive(Debug, Clone)]
pub struct Tls {
    root_pem: String,
    server: Arc<rustls::ServerConfig>,
}

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Key or certificate generation failed.
    #[error("could not make a certificate for localhost")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused what was made.
    #[error("could not set up TLS with the certificate made for localhost")]
    Server(#[from] rustls::Error),
}

impl Tls {
    /// Makes a root and a leaf for `localhost`, `127.0.0.1` and `::1`.
    pub fn generate() -> Result<Self, TlsError> {
        let root = CertifiedIssuer::self_signed(root_params()?, KeyPair::generate()?)?;
        let leaf_key = KeyPair::generate()?;
        let leaf = leaf_params()?.signed_by(&leaf_key, &root)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { root_pem: root.pem(), server: Arc::new(server) })
    }

    /// The root certificate that callers must trust, as PEM text.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// What a listener of one's own presents: HTTP/1.1 only.
    pub fn server(&self) -> Arc<rustls::ServerConfig> {
        self.server.clone()
    }
}

fn root_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "mock-sentinel root");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(HOSTS.map(str::to_owned))?;
    params.distinguished_name.push(DnType::CommonName, "mock-sentinel");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}
