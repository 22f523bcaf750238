package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/writ-iam/writ/policy"
)

// finding is something that a command found in a file, for the formats of CI.
type finding struct {
	File     string
	Position policy.Position
	// Rule is the name of the rule that is broken, Level "error", "warning" or "note".
	Rule, Level string
	Message     string
}

// ruleInfo is what a log says of a rule.
type ruleInfo struct {
	ID, Text, Link string
}

// visible writes what a terminal, or who reads a log, would take for something else than text: names in a file may be anything, and a line of a log that begins with :: is a command to GitHub.
func visible(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isHidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isHidden reports whether a character is a control character, an end of a line, or changes the direction of what is written.
func isHidden(r rune) bool {
	return unicode.IsControl(r) || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}

func isReportFormat(name string) bool {
	return slices.Contains([]string{"text", "json", "github", "sarif"}, name)
}

// printFindings prints findings as GitHub's workflow commands or as a SARIF log.
func printFindings(w io.Writer, format string, findings []finding, rules []ruleInfo) error {
	if format == "sarif" {
		return printSARIF(w, findings, rules)
	}
	for _, f := range findings {
		level := f.Level
		if level == "note" {
			level = "notice"
		}
		if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, escapeProperty(filepath.ToSlash(filepath.Clean(f.File))), f.Position.Line, f.Position.Column, escapeProperty(f.Rule),
			escapeData(f.Message)); err != nil {
			return err
		}
	}
	return nil
}

// escapeData and escapeProperty write text as GitHub's workflow commands take it.
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// The members of a SARIF log (OASIS, "Static Analysis Results Interchange Format", version 2.1.0) that are used here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		HelpURI          string    `json:"helpUri,omitempty"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

func printSARIF(w io.Writer, findings []finding, rules []ruleInfo) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "writ", InformationURI: "https://github.com/writ-iam/writ", Rules: []sarifRule{}}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	index := make(map[string]int)
	add := func(r ruleInfo) {
		index[r.ID] = len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{r.ID, sarifText{r.Text}, r.Link})
	}
	for _, r := range rules {
		add(r)
	}
	for _, f := range findings {
		if _, ok := index[f.Rule]; !ok {
			add(ruleInfo{ID: f.Rule, Text: "AWS refuses to save the policy, with this code."})
		}
		run.Results = append(run.Results, sarifResult{f.Rule, index[f.Rule], f.Level, sarifText{f.Message}, []sarifLocation{{sarifPhysical{
			sarifArtifact{fileURI(f.File)}, sarifRegion{max(1, f.Position.Line), max(1, f.Position.Column)},
		}}}})
	}
	text, err := json.MarshalIndent(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}

// fileURI returns a file's name as a URI, relative if the name is: then it is looked for from the root of the repository.
func fileURI(name string) string {
	name = filepath.ToSlash(filepath.Clean(name))
	u := url.URL{Path: name}
	if strings.HasPrefix(name, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
