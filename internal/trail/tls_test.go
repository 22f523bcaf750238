package trail_test

import (
	"crypto/tls"
	"testing"

	"github.com/writ-iam/writ/internal/trail"
)

// TestCipherSuitesAreCalledAsCloudTrailDoes has the names that OpenSSL's list of cipher suites (openssl-ciphers(1)) has for those of the standard.
func TestCipherSuitesAreCalledAsCloudTrailDoes(t *testing.T) {
	for suite, want := range map[uint16]string{
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         "ECDHE-RSA-AES128-GCM-SHA256",
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       "ECDHE-ECDSA-AES256-GCM-SHA384",
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   "ECDHE-RSA-CHACHA20-POLY1305",
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:            "ECDHE-RSA-AES128-SHA",
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256:       "ECDHE-ECDSA-AES128-SHA256",
		tls.TLS_RSA_WITH_AES_256_GCM_SHA384:               "AES256-GCM-SHA384",
	} {
		var e trail.Event
		if e.SetTLS(&tls.ConnectionState{Version: tls.VersionTLS12, CipherSuite: suite}, "host"); e.CipherSuite != want || e.TLSVersion != "TLSv1.2" || e.HostHeader != "host" {
			t.Errorf("%s, %s: %+v, want %s", tls.CipherSuiteName(suite), tls.VersionName(tls.VersionTLS12), e, want)
		}
	}
	var e trail.Event
	if e.SetTLS(nil, "host"); e.TLS || e.HostHeader != "" {
		t.Errorf("without TLS: %+v", e)
	}
}
