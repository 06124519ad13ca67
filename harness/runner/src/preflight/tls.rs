//! 证书 · A TLS port and its certificate: trusted, of this name, good now and until the window ends.
//!
//! Why so: a certificate is taken as it is shown, and judged afterwards, at two instants; so one that runs out in the
//! middle of the window is found before it. Not here: 国密 (TLCP), which this program does not speak; such a port is
//! «broken», and its page says so.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crosswipe_domain::Moment;
use crosswipe_scenarios::Tls;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Found, NO_CONNECTION, port};
use crate::clock::real_now;

pub(super) const BROKEN: &str = "preflight:tls-broken";
pub(super) const UNTRUSTED: &str = "preflight:tls-untrusted";
pub(super) const EXPIRED: &str = "preflight:tls-expired";
pub(super) const EXPIRES: &str = "preflight:tls-expires";
pub(super) const BAD_CA: &str = "preflight:tls-bad-ca";

/// Certificates as a server showed them: its own first.
type Shown = Arc<Mutex<Vec<CertificateDer<'static>>>>;

/// Takes whatever is shown and keeps it; that the server holds the key is checked all the same.
#[derive(Debug)]
struct Keeper {
    shown: Shown,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Keeper {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::iter::once(end_entity).chain(intermediates);
        *shown = all.map(|one| one.clone().into_owned()).collect();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Opens TLS at a port; what is shown is kept, not judged.
pub(super) async fn open(
    to: IpAddr,
    host: &str,
    port: u16,
    patience: Duration,
) -> Result<(TlsStream<TcpStream>, Vec<CertificateDer<'static>>), Found> {
    let stream = match port::connect(to, port, patience).await {
        Ok(stream) => stream,
        Err(found) => {
            let why = found.code().unwrap_or_default();
            return Err(Found::unchecked(NO_CONNECTION, why));
        }
    };
    let broken = |why: String| Found::failed(BROKEN, why, "");
    let name = ServerName::try_from(host.to_owned()).map_err(|error| broken(error.to_string()))?;
    let provider = Arc::new(ring::default_provider());
    let shown = Shown::default();
    let keeper = Keeper {
        shown: Arc::clone(&shown),
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(keeper))
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    match timeout(patience, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => {
            let shown = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Ok((stream, shown))
        }
        Ok(Err(error)) => Err(broken(error.to_string())),
        Err(_) => Err(broken("no answer in time".to_owned())),
    }
}

/// Opens TLS and judges the certificate now and at the window's end.
pub(super) async fn check(
    to: IpAddr,
    host: &str,
    tls: &Tls,
    until: Option<Moment>,
    patience: Duration,
) -> Found {
    let shown = match open(to, host, tls.port, patience).await {
        Ok((_, shown)) => shown,
        Err(found) => return found,
    };
    let verifier = match verifier(tls) {
        Ok(verifier) => verifier,
        Err(why) => return Found::unchecked(BAD_CA, why),
    };
    let now = real_now();
    let judged = |at: Moment| {
        let (own, others) = shown.split_first().ok_or(Error::NoCertificatesPresented)?;
        let name = ServerName::try_from(host).map_err(|error| Error::General(error.to_string()))?;
        let seconds = u64::try_from(at.epoch_ms() / 1_000).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_server_cert(own, others, &name, &[], at)
    };
    match judged(now) {
        Ok(_) => {}
        Err(Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        )) => return Found::failed(EXPIRED, now.wire(), host),
        Err(error) => return Found::failed(UNTRUSTED, error.to_string(), host),
    }
    match until.filter(|until| *until > now) {
        Some(until) if judged(until).is_err() => Found::failed(EXPIRES, "", until.wire()),
        _ => Found::passed(""),
    }
}

fn verifier(tls: &Tls) -> Result<Arc<WebPkiServerVerifier>, String> {
    let mut roots = RootCertStore::empty();
    match &tls.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| error.to_string())?;
                roots.add(certificate).map_err(|error| error.to_string())?;
            }
        }
    }
    let provider = Arc::new(ring::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| error.to_string())
}
