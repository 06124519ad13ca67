//! 核验 · The judge: journal + exports → findings, verdict, certificate.
