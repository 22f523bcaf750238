package trail

import (
	"crypto/tls"
	"strings"
)

// SetTLS says how the connection was secured that a call came by, and to which host the client wanted to speak. c is nil if it was not, and then nothing is said.
func (e *Event) SetTLS(c *tls.ConnectionState, host string) {
	if e.TLS = c != nil; !e.TLS {
		return
	}
	// CloudTrail calls versions and cipher suites as OpenSSL does.
	e.TLSVersion = strings.Replace(tls.VersionName(c.Version), "TLS ", "TLSv", 1)
	e.CipherSuite = tls.CipherSuiteName(c.CipherSuite)
	if c.Version < tls.VersionTLS13 {
		name := strings.NewReplacer("TLS_", "", "_WITH_", "-", "AES_", "AES", "_CBC", "", "_POLY1305_SHA256", "-POLY1305", "_", "-").Replace(e.CipherSuite)
		e.CipherSuite = strings.TrimPrefix(name, "RSA-")
	}
	e.HostHeader = host
}
