package telemetry_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/writ-iam/writ/internal/telemetry"
)

func TestARequestIsOneLineAndOneCount(t *testing.T) {
	var log strings.Builder
	tel := telemetry.New(&log, "info", "json")
	tel.Request(telemetry.Request{ID: "r1", Service: "iam", Operation: "GetUser", Account: "111122223333", Principal: "arn", SourceIP: "203.0.113.7", Status: 200, Duration: time.Millisecond})
	tel.Request(telemetry.Request{ID: "r2", Service: "iam", Operation: "GetUser", Code: "AccessDenied", Status: 403})
	tel.Request(telemetry.Request{ID: "r3", Service: "iam", Operation: "GetUser", Code: "InternalFailure", Status: 500, Cause: errors.New("the disk is gone")})
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[0], `"principal":"arn"`) || strings.Contains(lines[1], `"principal"`) || !strings.Contains(lines[2], `"level":"ERROR"`) || !strings.Contains(lines[2], "the disk is gone") {
		t.Errorf("the log is %q", lines)
	}
	w := httptest.NewRecorder()
	tel.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`writ_requests_total{code="",operation="GetUser",service="iam"} 1`, `writ_requests_total{code="AccessDenied",operation="GetUser",service="iam"} 1`,
		`writ_request_duration_seconds_count{service="iam"} 3`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics have no %s", want)
		}
	}
}

func TestALevelKeepsRequestsQuiet(t *testing.T) {
	var log strings.Builder
	tel := telemetry.New(&log, "warn", "text")
	tel.Request(telemetry.Request{ID: "r1", Status: 200})
	if log.Len() > 0 {
		t.Errorf("logged %q", log.String())
	}
	tel.Request(telemetry.Request{ID: "r2", Status: 500, Cause: errors.New("x")})
	if log.Len() == 0 {
		t.Error("an error was not logged")
	}
}
