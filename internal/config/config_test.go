package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/writ-iam/writ/internal/config"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "writ.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFlagsBeatTheEnvironmentWhichBeatsTheFile(t *testing.T) {
	file := write(t, "listen: a:1\nhealth: a:2\ndata: a\ntls: {generate: true}\nquotas: {users: 7}\n")
	c := config.Default()
	sources, err := config.Read(&c, file, []string{"WRIT_HEALTH=b:2", "WRIT_DATA=b", "WRIT_HOSTS=x.example, y.example", "PATH=/bin"}, map[string]string{"data": "c"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"listen": {"a:1", "file " + file}, "health": {"b:2", "environment WRIT_HEALTH"}, "data": {"c", "flag --data"},
		"hosts": {"x.example,y.example", "environment WRIT_HOSTS"}, "tls.generate": {"true", "file " + file}, "log.level": {"info", "default"},
		"quotas.users": {"7", "file " + file}, "quotas.groups": {"300", "default"},
	} {
		for _, s := range c.Settings() {
			if s.Name == name && (s.String() != want[0] || sources[name] != want[1]) {
				t.Errorf("%s is %q from %q, want %q from %q", name, s, sources[name], want[0], want[1])
			}
		}
	}
}

func TestWhatNobodyKnowsIsRefused(t *testing.T) {
	for _, test := range []struct {
		name, file string
		env        string
		flags      map[string]string
		want       string
	}{
		{name: "a key of the file", file: "listne: x\n", want: "listne"},
		{name: "a nested key of the file", file: "tls: {cert: x}\n", want: "cert"},
		{name: "a second document", file: "listen: x\n---\nlisten: y\n", want: "more than one document"},
		{name: "a variable", env: "WRIT_LISTNE=x", want: "WRIT_LISTNE"},
		{name: "a value that is no boolean", env: "WRIT_TLS_GENERATE=perhaps", want: "WRIT_TLS_GENERATE"},
		{name: "a value that is no number", flags: map[string]string{"quotas-users": "many"}, want: "--quotas-users"},
		{name: "a negative quota", flags: map[string]string{"quotas-users": "-1"}, want: "quotas.users"},
		{name: "a log level", flags: map[string]string{"log-level": "loud"}, want: "loud"},
		{name: "a certificate without its key", flags: map[string]string{"tls-certificate": "c.pem"}, want: "go together"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config.Default()
			_, err := config.Read(&c, write(t, test.file), []string{test.env}, test.flags)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one about %q", err, test.want)
			}
		})
	}
}
