package sigv4

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Body reads the payload of an S3 request and checks it as the request asks for: by a hash of the whole, by the signatures of its chunks, or not at
// all. It takes away the encoding aws-chunked. What was read counts only once Read has returned io.EOF: before that, nothing may be kept.
type Body struct {
	in     *bufio.Reader
	length int64
	err    error
	sum    hash.Hash

	// want is the hash of the whole payload; nil if it is not signed as a whole.
	want []byte

	// chunked is aws-chunked, the rest of the fields are for it. signed: each chunk has a signature, of a sum that is of that chunk only.
	chunked, signed bool
	key             *Key
	// scope is the time and the credential scope, a line each; previous the signature before, claimed that of the chunk.
	scope             string
	previous, claimed [2 * sha256.Size]byte
	// left is what is still to come of the chunk, and rest of all chunks after it.
	left, rest int64
	// short: a chunk has come that only the last may be.
	short bool
	// names are the trailers that were announced, trailer those that have come.
	names   []string
	trailer map[string]string
}

// minChunk is the least that a chunk may hold unless it is the last (sigv4.md §6).
const minChunk = 8192

// Body returns what reads the payload of an S3 request whose signature was verified, from the body as it is received. The key is that of Verify.
func (s *Signature) Body(r *Request, key *Key, body io.Reader) (*Body, error) {
	if !s.s3 || !s.verified {
		return nil, errors.New("sigv4: the body of a request that is not verified, or none of S3")
	}
	b := &Body{in: bufio.NewReader(body), length: -1}
	switch s.Payload {
	case UnsignedPayload:
		return b, nil
	case UnsignedTrailer, StreamingPayload, StreamingTrailer:
	default:
		want, err := hex.DecodeString(s.Payload)
		if err != nil {
			return nil, err
		}
		b.want, b.sum = want, sha256.New()
		return b, nil
	}
	var err error
	if b.length, err = decodedLength(r); err != nil {
		return nil, err
	}
	b.chunked, b.rest = true, b.length
	if s.Payload != UnsignedTrailer {
		b.signed, b.key, b.sum = true, key, sha256.New()
		b.scope = s.Time + "\n" + string(s.appendScope(nil)) + "\n"
		copy(b.previous[:], s.signature)
	}
	if s.Payload != StreamingPayload {
		b.trailer = make(map[string]string)
		for _, list := range r.Header["X-Amz-Trailer"] {
			for name := range strings.SplitSeq(list, ",") {
				if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
					b.names = append(b.names, name)
				}
			}
		}
	}
	return b, nil
}

// Length returns how long the payload must be, or -1 if that does not follow from the headers that are signed.
func (b *Body) Length() int64 { return b.length }

// Trailer returns the headers that came after the payload, by their names in lower case, once Read has returned io.EOF.
func (b *Body) Trailer() map[string]string {
	if b.err != io.EOF {
		return nil
	}
	return b.trailer
}

// Read implements io.Reader. An *Error says what is wrong with the payload; other errors are those of the body.
func (b *Body) Read(p []byte) (n int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if b.chunked {
		n, err = b.readChunked(p)
	} else {
		n, err = b.readWhole(p)
	}
	b.err = err
	return n, err
}

func (b *Body) readWhole(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if b.want == nil {
		return n, err
	}
	b.sum.Write(p[:n])
	if err == io.EOF {
		if sum := b.sum.Sum(nil); subtle.ConstantTimeCompare(sum, b.want) != 1 {
			e := refuse(ContentSHA256DoesNotMatch, "The provided 'x-amz-content-sha256' header does not match what was computed.")
			e.Details = []Detail{{"ClientComputedContentSHA256", hex.EncodeToString(b.want)}, {"S3ComputedContentSHA256", hex.EncodeToString(sum)}}
			return 0, e
		}
	}
	return n, err
}

func incomplete() error {
	return refuse(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func badTrailer() error {
	return refuse(MalformedTrailer, "The request contained trailing data that was not well-formed or did not conform to our published schema.")
}

func (b *Body) readChunked(p []byte) (int, error) {
	for b.left == 0 {
		// The last chunk is empty, and after it and its trailer comes io.EOF.
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	p = p[:min(int64(len(p)), b.left)]
	n, err := b.in.Read(p)
	if err != nil {
		return 0, ended(err)
	}
	if b.signed {
		b.sum.Write(p[:n])
	}
	if b.left -= int64(n); b.left == 0 {
		if line, err := b.line(); err != nil || line != "" {
			return 0, cmp.Or(err, incomplete())
		}
		if err := b.check(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// next reads the line before a chunk, and all that follows the last one.
func (b *Body) next() error {
	line, err := b.line()
	if err != nil {
		return err
	}
	digits, extension, more := strings.Cut(line, ";")
	size, err := strconv.ParseUint(digits, 16, 63)
	// Digits may be of either case, for clients use both; but zeros before them are no number that a client writes.
	if err != nil || more != b.signed || len(digits) > 1 && digits[0] == '0' {
		return incomplete()
	}
	if b.signed {
		claimed, ok := strings.CutPrefix(extension, "chunk-signature=")
		if !ok || copy(b.claimed[:], claimed) != len(b.claimed) || len(claimed) != len(b.claimed) {
			return incomplete()
		}
	}
	if int64(size) > b.rest || size == 0 && b.rest > 0 {
		return incomplete()
	}
	if size > 0 {
		if b.short {
			e := refuse(InvalidChunkSize, "Only the last chunk is allowed to have a size less than %d bytes", minChunk)
			e.Details = []Detail{{"BadChunkSize", strconv.FormatUint(size, 10)}}
			return e
		}
		b.short = size < minChunk
		b.left = int64(size)
		b.rest -= b.left
		return nil
	}
	if err := b.check(); err != nil {
		return err
	}
	if b.trailer == nil {
		if line, err := b.line(); err != nil || line != "" {
			return cmp.Or(err, incomplete())
		}
	} else if err := b.readTrailer(); err != nil {
		return err
	}
	// Nothing may follow, for nothing would have signed it.
	switch _, err := b.in.ReadByte(); {
	case err == nil:
		return badTrailer()
	case err != io.EOF:
		return err
	}
	return io.EOF
}

// readTrailer reads the lines after the last chunk: those that were announced, the signature if chunks have one, and an empty line.
func (b *Body) readTrailer() error {
	var lines []byte
	signed, bare, blank := false, false, false
	for {
		// Some clients write the documentation's example to the letter: line feeds alone, and then an empty line before the signature.
		line, end, err := b.anyLine()
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line == "" && end == "\r\n" && b.signed && !signed && bare && !blank:
			blank = true
		case line == "":
			if end != "\r\n" || len(b.trailer) != len(b.names) || signed != b.signed {
				return badTrailer()
			}
			return nil
		case !ok || signed:
			return badTrailer()
		case b.signed && name == "x-amz-trailer-signature":
			if end != "\r\n" || bare != blank {
				return badTrailer()
			}
			want := b.signature("AWS4-HMAC-SHA256-TRAILER", sha256.Sum256(lines))
			if subtle.ConstantTimeCompare(want[:], []byte(value)) != 1 {
				return mismatch()
			}
			signed = true
		default:
			name, value = strings.ToLower(name), strings.Trim(value, " \t")
			if _, twice := b.trailer[name]; blank || twice || !slices.Contains(b.names, name) || strings.ContainsAny(value, "\r\x00") {
				return badTrailer()
			}
			b.trailer[name], bare = value, end == "\n"
			lines = append(append(append(append(lines, name...), ':'), value...), '\n')
		}
	}
}

// line reads a line and returns it without its end.
func (b *Body) line() (string, error) {
	text, end, err := b.anyLine()
	if err == nil && end != "\r\n" {
		err = incomplete()
	}
	return text, err
}

// anyLine reads a line that may end with a line feed alone.
func (b *Body) anyLine() (text, end string, err error) {
	line, err := b.in.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		return "", "", incomplete()
	case err != nil:
		return "", "", ended(err)
	}
	text, end = string(line[:len(line)-1]), "\n"
	if t, ok := strings.CutSuffix(text, "\r"); ok {
		text, end = t, "\r\n"
	}
	return text, end, nil
}

// check checks the signature of the chunk that has been read.
func (b *Body) check() error {
	if !b.signed {
		return nil
	}
	// For chunks, two hashes: of what stands before the chunk, which is nothing, and of the chunk.
	var sum [sha256.Size]byte
	b.sum.Sum(sum[:0])
	b.sum.Reset()
	want := b.signature("AWS4-HMAC-SHA256-PAYLOAD", sha256.Sum256(nil), sum)
	if subtle.ConstantTimeCompare(want[:], b.claimed[:]) != 1 {
		return mismatch()
	}
	b.previous = want
	return nil
}

// signature returns the signature that follows the previous one (sigv4.md §6).
func (b *Body) signature(algorithm string, sums ...[sha256.Size]byte) (signature [2 * sha256.Size]byte) {
	text := append(append(append([]byte(algorithm), '\n'), b.scope...), b.previous[:]...)
	for _, sum := range sums {
		text = hex.AppendEncode(append(text, '\n'), sum[:])
	}
	sum := macBytes(b.key[:], text)
	hex.Encode(signature[:], sum[:])
	return signature
}

// ended makes of the end of a body that is too early what S3 says of it.
func ended(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return incomplete()
	}
	return err
}
