// Go's names of TLS versions, cipher suites and curves, and OpenSSL's for the same.
import type { SecureVersion } from "node:tls";

/** Versions as the configuration writes them; empty is the default. */
export const VERSIONS: ReadonlyMap<string, SecureVersion | undefined> = new Map([
  ["", undefined],
  ["1.0", "TLSv1"],
  ["1.1", "TLSv1.1"],
  ["1.2", "TLSv1.2"],
  ["1.3", "TLSv1.3"],
]);

/** The suites of Go's `tls.CipherSuites()`. Those of TLS 1.3 have the same name in both. */
export const CIPHER_SUITES: ReadonlyMap<string, string> = new Map([
  ["TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"],
  ["TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
  ["TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"],
]);

/** In Go `cipher_suites` leaves those of TLS 1.3 alone; in OpenSSL's list they have to be named to stay. */
export const TLS13_SUITES: readonly string[] = [...CIPHER_SUITES.keys()].slice(0, 3);

export const CURVES: ReadonlyMap<string, string> = new Map([
  ["P256", "prime256v1"],
  ["P384", "secp384r1"],
  ["P521", "secp521r1"],
  ["X25519", "X25519"],
  ["X25519MLKEM768", "X25519MLKEM768"],
]);
