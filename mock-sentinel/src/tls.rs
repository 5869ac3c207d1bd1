//! Certificates for the https listener: a root of the mock's own, and a leaf that is made at each start and valid for a
//! month.

mod authority;
mod names;

use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

pub use authority::{Authority, AuthorityError};
pub(crate) use names::is_azure_host;
pub use names::{NameError, Names};

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
    #[error("could not make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library refused what was made.
    #[error("could not set up TLS with the certificate that was made")]
    Server(#[from] rustls::Error),
}

impl Tls {
    /// Makes a root and a leaf for `localhost`, `127.0.0.1` and `::1`.
    ///
    /// # Errors
    /// When no certificate can be made or used.
    pub fn generate() -> Result<Self, TlsError> {
        Self::issue(&Authority::generate()?, &Names::default())
    }

    /// Makes a leaf for these names.
    ///
    /// # Errors
    /// When no certificate can be made or used.
    pub fn issue(authority: &Authority, names: &Names) -> Result<Self, TlsError> {
        let (leaf, leaf_key) = authority.leaf(names)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { root_pem: authority.pem().to_owned(), server: Arc::new(server) })
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
