package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

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
		if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, escapeProperty(f.File), f.Position.Line, f.Position.Column, escapeProperty(f.Rule),
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
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
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
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "writ", InformationURI: "https://github.com/writ-iam/writ", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	for _, r := range rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{r.ID, sarifText{r.Text}, r.Link})
	}
	for _, f := range findings {
		run.Results = append(run.Results, sarifResult{f.Rule, f.Level, sarifText{f.Message}, []sarifLocation{{sarifPhysical{
			sarifArtifact{strings.TrimPrefix(f.File, "./")}, sarifRegion{max(1, f.Position.Line), max(1, f.Position.Column)},
		}}}})
	}
	text, err := json.MarshalIndent(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text)
	return err
}
