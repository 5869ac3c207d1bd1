//! A root certificate and a server certificate for loopback, made afresh for each test.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// A root that nobody else trusts, with one server certificate for `localhost` and `127.0.0.1`, and one for another name.
///
/// The leaf is signed by a separate root, since rustls takes no certificate that is its own authority.
#[derive(Clone)]
pub struct Authority {
    ca_pem: String,
    server: Arc<ServerConfig>,
    elsewhere: Arc<ServerConfig>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes the keys and the certificates.
    ///
    /// # Errors
    ///
    /// When a key or certificate cannot be made.
    pub fn new() -> anyhow::Result<Self> {
        let mut root = CertificateParams::new(Vec::new())?;
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        root.distinguished_name.push(DnType::CommonName, "Root of one test");
        let root_key = KeyPair::generate()?;
        let ca_pem = root.self_signed(&root_key)?.pem();
        let issuer = Issuer::new(root, root_key);

        let server = Self::server(&issuer, &["localhost", "127.0.0.1"])?;
        let elsewhere = Self::server(&issuer, &["elsewhere.example"])?;
        Ok(Self { ca_pem, server, elsewhere })
    }

    fn server(issuer: &Issuer<'_, KeyPair>, names: &[&str]) -> anyhow::Result<Arc<ServerConfig>> {
        let mut leaf = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf_key = KeyPair::generate()?;
        let chain: Vec<CertificateDer<'static>> = vec![leaf.signed_by(&leaf_key, issuer)?.der().clone()];
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into()))?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    /// The root certificate, for the client to trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Ends TLS with a certificate of the same root, for a name that leads elsewhere.
    pub fn acceptor_of_another_name(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.elsewhere))
    }

    /// Ends TLS with the server certificate.
    pub fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }
}
