package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/writ-iam/writ/internal/jsontext"
)

// maxFile is the largest file that is read as a whole, in bytes. JSON lines are read line by line and may be longer in total.
const maxFile = 256 << 20

// inputError is something wrong with a file at a place.
type inputError struct {
	file     string
	position jsontext.Position
	detail   string
}

func (e *inputError) Error() string {
	return fmt.Sprintf("%s:%s: %s", e.file, e.position, e.detail)
}

// files returns the files that arguments name: themselves, those with one of the extensions in directories, "-" for standard input. No
// arguments mean standard input.
func files(args []string, extensions ...string) ([]string, error) {
	if len(args) == 0 {
		return []string{"-"}, nil
	}
	var all []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case arg == "-":
			all = append(all, arg)
		case err != nil:
			return nil, err
		case !info.IsDir():
			all = append(all, arg)
		default:
			before := len(all)
			// The separator makes WalkDir follow the directory itself if it is a link.
			err := filepath.WalkDir(arg+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || !slices.Contains(extensions, filepath.Ext(path)) {
					return err
				}
				// Links to files count: that is how configuration is mounted in many places.
				if info, err := os.Stat(path); err != nil {
					return err
				} else if info.Mode().IsRegular() {
					all = append(all, path)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
			if len(all) == before {
				return nil, fmt.Errorf("%s: no %s files in this directory", arg, strings.Join(extensions, " or "))
			}
		}
	}
	return all, nil
}

// open opens a file, or standard input for "-".
func open(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s is a directory, and one file is wanted", name)
	}
	return f, nil
}

// readFile returns a file as a whole.
func readFile(name string, stdin io.Reader) (string, error) {
	f, err := open(name, stdin)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return readAll(name, f)
}

func readAll(name string, r io.Reader) (string, error) {
	var b strings.Builder
	if n, err := io.Copy(&b, io.LimitReader(r, maxFile+1)); err != nil {
		return "", err
	} else if n > maxFile {
		return "", fmt.Errorf("%s: larger than %d MiB", display(name), maxFile>>20)
	}
	return b.String(), nil
}

// display is how a file is called in messages.
func display(name string) string {
	if name == "-" {
		return "stdin"
	}
	return name
}

// chunk is a piece of a file that holds one or several whole JSON values.
type chunk struct {
	file string
	text string
	line int // of its first line, from 1
	// lines: each line is a value of its own; otherwise values follow each other, or stand in one array.
	lines bool
}

// at returns an error at an offset of the chunk.
func (c *chunk) at(offset int, detail string) *inputError {
	p := jsontext.PositionOf(c.text, offset)
	p.Line += c.line - 1
	return &inputError{display(c.file), p, detail}
}

// chunkSize is about how much of a file of JSON lines is handed out at once.
const chunkSize = 256 << 10

// chunks cuts a file. A file whose name ends in .jsonl, or whose first line is a whole JSON object, is JSON lines and comes in chunks of many
// lines; any other comes as one chunk.
func chunks(name string, stdin io.Reader, yield func(chunk) bool) error {
	f, err := open(name, stdin)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, chunkSize)
	first, err := firstLine(r)
	if err != nil {
		return err
	}
	if filepath.Ext(name) != ".jsonl" && !isObject(first) {
		text, err := readAll(name, io.MultiReader(bytes.NewReader(first), r))
		if err != nil {
			return err
		}
		yield(chunk{file: name, text: text, line: 1})
		return nil
	}
	return lineChunks(name, first, r, yield)
}

// firstLine returns the first line, its end included, at most maxFile bytes.
func firstLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for len(line) < maxFile {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			if err == io.EOF {
				err = nil
			}
			return line, err
		}
	}
	return line, nil
}

func isObject(line []byte) bool {
	r := jsontext.NewReader(string(line))
	return r.Next() == jsontext.Object && r.Skip() == nil && r.Finish() == nil
}

func lineChunks(name string, buffered []byte, r io.Reader, yield func(chunk) bool) error {
	line := 1
	for {
		// Read on until there is at least one whole line.
		for eof := false; ; {
			n := len(buffered)
			buffered = slices.Grow(buffered, chunkSize)
			m, err := io.ReadFull(r, buffered[n:n+chunkSize])
			buffered = buffered[:n+m]
			switch err {
			case nil:
			case io.EOF, io.ErrUnexpectedEOF:
				eof = true
			default:
				return err
			}
			end := bytes.LastIndexByte(buffered, '\n') + 1
			if eof {
				end = len(buffered)
			}
			if end == 0 && len(buffered) > maxFile {
				return fmt.Errorf("%s:%d: a line larger than %d MiB", display(name), line, maxFile>>20)
			}
			if end == 0 && !eof {
				continue
			}
			text := string(buffered[:end])
			if !yield(chunk{file: name, text: text, line: line, lines: true}) || eof {
				return nil
			}
			line += strings.Count(text, "\n")
			buffered = append(buffered[:0], buffered[end:]...)
			break
		}
	}
}
