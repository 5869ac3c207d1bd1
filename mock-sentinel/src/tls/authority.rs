//! The root that signs the leaf: created at start, or kept in a file so that it needs to be trusted only once.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};

use super::{Names, TlsError};

/// How long a root and a leaf are valid. Both begin the day before, for clocks that are behind.
const ROOT_YEARS: i32 = 10;
const LEAF_DAYS: i32 = 30;

/// A root certificate with its key.
#[derive(Debug)]
pub struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Why a root could not be made, kept or used again.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file could not be read or written.
    #[error("could not use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// One of the two files exists and the other does not.
    #[error("{} exists and {} does not: a root needs both; delete the one, or name another file", found.display(), missing.display())]
    Half {
        /// The file that exists.
        found: PathBuf,
        /// The file that does not.
        missing: PathBuf,
    },
    /// Others may read the key.
    #[error("{} can be read by other users (mode {mode:o}), who could forge certificates; `chmod 600` it, or delete both files", path.display())]
    Open {
        /// The key's file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The files do not match, are not a certificate and key, or have expired.
    #[error("{} and {} are not a usable root ({why}); delete both to have a new root made", root.display(), key.display())]
    Unfit {
        /// The certificate's file.
        root: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// None could be made.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Authority {
    /// Makes a root in memory.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn generate() -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let params = root_params()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { pem, issuer: Issuer::new(params, key) })
    }

    /// The root that is kept in this file with its key beside it, as `PATH.key`. Created and written when neither exists.
    ///
    /// # Errors
    /// When one of the two files is missing, unreadable, readable by other users, expired or not a root, or cannot be written.
    pub fn kept(path: &Path) -> Result<Self, AuthorityError> {
        let key_path = key_path(path);
        match (path.exists(), key_path.exists()) {
            (true, true) => Self::read(path, &key_path),
            (false, false) => Self::write(path, &key_path),
            (true, false) => Err(AuthorityError::Half { found: path.to_owned(), missing: key_path }),
            (false, true) => Err(AuthorityError::Half { found: key_path, missing: path.to_owned() }),
        }
    }

    fn read(path: &Path, key_path: &Path) -> Result<Self, AuthorityError> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|source| file_error(path, source));
        let mode =
            std::fs::metadata(key_path).map_err(|source| file_error(key_path, source))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(AuthorityError::Open { path: key_path.to_owned(), mode });
        }
        let (pem, key) = (read(path)?, read(key_path)?);
        let unfit = |why: String| AuthorityError::Unfit { root: path.to_owned(), key: key_path.to_owned(), why };
        let key = KeyPair::from_pem(&key).map_err(|error| unfit(error.to_string()))?;
        let authority = Self { pem, issuer: Issuer::new(root_params().map_err(TlsError::from)?, key) };
        authority.prove().map_err(unfit)?;
        Ok(authority)
    }

    fn write(path: &Path, key_path: &Path) -> Result<Self, AuthorityError> {
        let authority = Self::generate()?;
        create(key_path, 0o600, &authority.issuer.key().serialize_pem())?;
        if let Err(error) = create(path, 0o644, &authority.pem) {
            // Half a root would be refused at the next start.
            let _gone_anyway = std::fs::remove_file(key_path);
            return Err(error);
        }
        Ok(authority)
    }

    /// Whether a leaf of the key is valid under the certificate today.
    fn prove(&self) -> Result<(), String> {
        let root = CertificateDer::from_pem_slice(self.pem.as_bytes()).map_err(|error| error.to_string())?;
        let anchor = webpki::anchor_from_trusted_cert(&root).map_err(|error| error.to_string())?;
        let (leaf, _) = self.leaf(&Names::default()).map_err(|error| error.to_string())?;
        let leaf = webpki::EndEntityCert::try_from(leaf.der()).map_err(|error| error.to_string())?;
        let now = UnixTime::since_unix_epoch(Timestamp::now().duration_since(Timestamp::UNIX_EPOCH).unsigned_abs());
        let usage = webpki::KeyUsage::server_auth();
        leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[anchor], &[], now, usage, None, None)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// The certificate, as PEM text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names, with its key.
    pub(super) fn leaf(&self, names: &Names) -> Result<(Certificate, KeyPair), TlsError> {
        let key = KeyPair::generate()?;
        let leaf = leaf_params(names)?.signed_by(&key, &self.issuer)?;
        Ok((leaf, key))
    }
}

/// Where the key of a root lies.
fn key_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".key");
    PathBuf::from(name)
}

fn file_error(path: &Path, source: std::io::Error) -> AuthorityError {
    AuthorityError::File { path: path.to_owned(), source }
}

/// Writes a new file with these permissions, whatever the process's mask.
fn create(path: &Path, mode: u32, text: &str) -> Result<(), AuthorityError> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| file_error(path, source))
}

fn root_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "mock-sentinel root");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, ROOT_YEARS * 365);
    Ok(params)
}

fn leaf_params(names: &Names) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names.iter().map(str::to_owned).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, "mock-sentinel");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_validity(&mut params, LEAF_DAYS);
    Ok(params)
}

/// Valid from yesterday for the given number of days, by the machine's clock, which clients check certificates against.
fn set_validity(params: &mut CertificateParams, days: i32) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let instant =
        |date: Date| date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs());
    params.not_before = instant(today.saturating_sub(1.day()));
    params.not_after = instant(today.saturating_add(days.days()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_kept_root_is_readable_its_key_is_not_and_the_next_start_has_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let first = Authority::kept(&path).unwrap();
        let key = folder.path().join("ca.pem.key");
        assert_eq!((mode(&path), mode(&key)), (0o644, 0o600));
        let second = Authority::kept(&path).unwrap();
        assert_eq!(first.pem(), second.pem());
        assert!(second.prove().is_ok());
    }

    #[test]
    fn half_a_root_an_open_key_and_files_that_do_not_belong_together_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
        Authority::kept(&path).unwrap();
        Authority::kept(&other).unwrap();
        let key = folder.path().join("ca.pem.key");
        let said = |path: &Path| Authority::kept(path).unwrap_err().to_string();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(said(&path).contains("mode 640"), "{}", said(&path));
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::copy(folder.path().join("other.pem.key"), &key).unwrap();
        assert!(said(&path).contains("not a usable root"), "{}", said(&path));
        std::fs::remove_file(&key).unwrap();
        assert!(said(&path).contains("exists and"), "{}", said(&path));
        assert!(said(&folder.path().join("none/ca.pem")).contains("could not use"));
    }

    #[test]
    fn a_leaf_is_valid_for_a_month() {
        let params = leaf_params(&Names::default()).unwrap();
        let days = (params.not_after - params.not_before).whole_days();
        assert_eq!(days, i64::from(LEAF_DAYS) + 1);
    }
}
