package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/writ-iam/writ/internal/config"
	"github.com/writ-iam/writ/internal/telemetry"
)

// listen opens the address of the AWS endpoints. Without TLS it must be a loopback address: keys are not in requests, but everything else is.
func listen(c config.Config) (net.Listener, *tls.Config, error) {
	var secure *tls.Config
	if c.TLS.Certificate != "" || c.TLS.Generate {
		certificate, err := certificate(c)
		if err != nil {
			return nil, nil, err
		}
		secure = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot listen: %w", err)
	}
	if address, err := netip.ParseAddrPort(l.Addr().String()); secure == nil && (err != nil || !address.Addr().Unmap().IsLoopback()) {
		l.Close()
		return nil, nil, fmt.Errorf("%s can be reached from other machines, and there is no TLS: use --tls-generate, or --tls-certificate and --tls-key, or listen on 127.0.0.1", c.Listen)
	}
	return l, secure, nil
}

// certificate reads the configured certificate, or the one in the data folder, which is made if it is not there.
func certificate(c config.Config) (tls.Certificate, error) {
	if c.TLS.Certificate != "" {
		return tls.LoadX509KeyPair(c.TLS.Certificate, c.TLS.Key)
	}
	certificateFile, keyFile := filepath.Join(c.Data, "tls.crt"), filepath.Join(c.Data, "tls.key")
	if made, err := tls.LoadX509KeyPair(certificateFile, keyFile); err == nil && covers(made, c.Hosts) {
		return made, nil
	}
	certificatePEM, keyPEM, err := generate(c.Hosts, time.Now())
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := writeSecret(keyFile, string(keyPEM)); err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(certificateFile, certificatePEM, 0o644); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certificatePEM, keyPEM)
}

// covers reports whether a certificate is good for all hosts and for a while.
func covers(c tls.Certificate, hosts []string) bool {
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil || time.Until(leaf.NotAfter) < 30*24*time.Hour {
		return false
	}
	for _, host := range hosts {
		if leaf.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

// generate makes a certificate for this machine and some hosts that clients must be told to trust.
func generate(hosts []string, now time.Time) (certificatePEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Writ"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
	}
	if name, err := os.Hostname(); err == nil {
		template.DNSNames = append(template.DNSNames, name)
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), nil
}

// httpServer makes the server of a listener, with bounds on what a slow or hostile client can hold.
func httpServer(h http.Handler, t *telemetry.Telemetry) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(quiet{t}, "", 0),
		// OPTIONS * is a request like any other: net/http would answer it without a word in the trail.
		DisableGeneralOptionsHandler: true,
	}
}

// quiet takes what net/http has to say of bad clients.
type quiet struct {
	t *telemetry.Telemetry
}

func (q quiet) Write(b []byte) (int, error) {
	q.t.Log.Debug("http", "message", string(b))
	return len(b), nil
}

// healthServer serves /livez, /readyz, /metrics and pprof. ready says why the node cannot answer, if it cannot.
func healthServer(t *telemetry.Telemetry, ready func() error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ready() != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", t.Metrics())
	// Profiles show what the process has in memory: they are for whoever is on the machine.
	for path, profile := range map[string]http.HandlerFunc{"/debug/pprof/": pprof.Index, "/debug/pprof/profile": pprof.Profile, "/debug/pprof/symbol": pprof.Symbol, "/debug/pprof/trace": pprof.Trace} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if address, err := netip.ParseAddrPort(r.RemoteAddr); err != nil || !address.Addr().Unmap().IsLoopback() {
				http.Error(w, "profiles are for this machine only", http.StatusForbidden)
				return
			}
			profile(w, r)
		})
	}
	return mux
}

// serveUntil serves until the context ends, and then lets the requests finish that are under way.
func serveUntil(ctx context.Context, l net.Listener, secure *tls.Config, s *http.Server) error {
	failed := make(chan error, 1)
	go func() {
		if secure != nil {
			s.TLSConfig = secure
			failed <- s.ServeTLS(l, "", "")
			return
		}
		failed <- s.Serve(l)
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if err := s.Shutdown(graceful); err != nil {
		s.Close()
	}
	if err := <-failed; err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
