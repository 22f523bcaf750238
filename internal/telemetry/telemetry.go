// Package telemetry is the server's log and metrics.
//
//	t := telemetry.New(os.Stderr, "info", "text")
//	t.Log.Info("listening", "address", address)
//	t.Request(telemetry.Request{Service: "iam", Operation: "GetUser", Status: 200, Duration: d, …})
//
// A request is one line of the log and one count of the metrics. Neither holds anything that a caller sent but names that were recognised: no
// parameters, no headers, no secrets.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Telemetry is where a server tells how it is.
type Telemetry struct {
	Log *slog.Logger

	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	// series keeps what the two vectors give for labels: looking them up costs more than counting.
	series sync.Map // labels → *series
}

type labels struct {
	service, operation, code string
}

type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

func (t *Telemetry) of(l labels) *series {
	if s, ok := t.series.Load(l); ok {
		return s.(*series)
	}
	s, _ := t.series.LoadOrStore(l, &series{t.requests.WithLabelValues(l.service, l.operation, l.code), t.duration.WithLabelValues(l.service)})
	return s.(*series)
}

// New makes a Telemetry that logs to w from a level on (debug, info, warn, error), as text or json.
func New(w io.Writer, level, format string) *Telemetry {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	var handler slog.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})
	if format == "json" {
		handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})
	}
	t := &Telemetry{
		Log:      slog.New(handler),
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "writ_requests_total", Help: "Calls answered, by service, operation and error code (empty: none).",
		}, []string{"service", "operation", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "writ_request_duration_seconds", Help: "Time from a call's arrival to its answer.", Buckets: prometheus.ExponentialBuckets(50e-6, 3, 12),
		}, []string{"service"}),
	}
	t.registry.MustRegister(t.requests, t.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return t
}

// Metrics serves the metrics in the form of Prometheus.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{Registry: t.registry})
}

// Request is what is told of one call. Service, Operation and Code come from short lists: they are labels of the metrics.
type Request struct {
	ID                 string
	Service, Operation string // as they were recognised, else empty
	Account, Principal string // of the caller, once authenticated
	SourceIP           string
	Code               string // the error's code, empty if there is none
	Status             int
	Duration           time.Duration
	// Cause is why the server itself failed; nil if it did not.
	Cause error
}

// Request tells of a call.
func (t *Telemetry) Request(r Request) {
	s := t.of(labels{r.Service, r.Operation, r.Code})
	s.requests.Inc()
	s.duration.Observe(r.Duration.Seconds())
	level := slog.LevelInfo
	if r.Cause != nil {
		level = slog.LevelError
	}
	if !t.Log.Enabled(context.Background(), level) {
		return
	}
	args := make([]any, 0, 20)
	args = append(args, "id", r.ID, "service", r.Service, "operation", r.Operation, "status", r.Status, "duration", r.Duration)
	if r.Code != "" {
		args = append(args, "code", r.Code)
	}
	if r.Principal != "" {
		args = append(args, "account", r.Account, "principal", r.Principal)
	}
	args = append(args, "source", r.SourceIP)
	if r.Cause != nil {
		args = append(args, "cause", r.Cause.Error())
	}
	t.Log.Log(context.Background(), level, "request", args...)
}
