package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"text/template"
)

// stableFunctions replace those of sprig that are random, slow key generation, or the order of a Go map, by pure
// functions of their arguments: base and head of a review must differ only where the change makes them differ.
var stableFunctions = template.FuncMap{
	"randAlphaNum": alphabet("randAlphaNum", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
	"randAlpha":    alphabet("randAlpha", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
	"randNumeric":  alphabet("randNumeric", "0123456789"),
	"randAscii":    alphabet("randAscii", printable()),
	"randBytes": func(count int) (string, error) {
		return base64.StdEncoding.EncodeToString(derive(count, "randBytes", count)), nil
	},
	"randInt": func(low, high int) int { return low + rand.New(rand.NewSource(1)).Intn(high-low) },
	"uuidv4":  func() string { return "00000000-0000-4000-8000-000000000000" },
	"shuffle": func(text string) string { return text },
	"keys": func(dictionaries ...map[string]any) []string {
		keys := []string{}
		for _, dictionary := range dictionaries {
			keys = append(keys, sortedKeys(dictionary)...)
		}
		return keys
	},
	"values": func(dictionary map[string]any) []any {
		values := []any{}
		for _, key := range sortedKeys(dictionary) {
			values = append(values, dictionary[key])
		}
		return values
	},
	"bcrypt": func(password string) string { return bcryptLike(password) },
	"htpasswd": func(user, password string) string {
		if strings.Contains(user, ":") {
			return fmt.Sprintf("invalid username: %s", user)
		}
		return user + ":" + bcryptLike(user, password)
	},
	"encryptAES": func(password, text string) (string, error) {
		return base64.StdEncoding.EncodeToString(derive(16+(len(text)/16+1)*16, "encryptAES", password, text)), nil
	},
	"genPrivateKey": func(kind string) string { return block(strings.ToUpper(kind)+" PRIVATE KEY", "genPrivateKey", kind) },
	"genCA":         func(name string, days int) (keyPair, error) { return pair("genCA", name, days), nil },
	"genCAWithKey": func(name string, days int, key string) (keyPair, error) {
		return withKey(pair("genCAWithKey", name, days, key), key), nil
	},
	"genSelfSignedCert": func(name string, addresses, names []any, days int) (keyPair, error) {
		return pair("genSelfSignedCert", name, addresses, names, days), nil
	},
	"genSelfSignedCertWithKey": func(name string, addresses, names []any, days int, key string) (keyPair, error) {
		return withKey(pair("genSelfSignedCertWithKey", name, addresses, names, days, key), key), nil
	},
	"genSignedCert": func(name string, addresses, names []any, days int, authority any) (keyPair, error) {
		return pair("genSignedCert", name, addresses, names, days, certificateOf(authority)), nil
	},
	"genSignedCertWithKey": func(name string, addresses, names []any, days int, authority any, key string) (keyPair, error) {
		return withKey(pair("genSignedCertWithKey", name, addresses, names, days, certificateOf(authority), key), key), nil
	},
}

// keyPair has the fields that templates read of sprig's certificate.
type keyPair struct {
	Cert string
	Key  string
}

func pair(seed ...any) keyPair {
	return keyPair{Cert: block("CERTIFICATE", seed...), Key: block("RSA PRIVATE KEY", seed...)}
}

func withKey(made keyPair, key string) keyPair { return keyPair{Cert: made.Cert, Key: key} }

// certificateOf reads the certificate of an authority: a keyPair, or the private type of sprig's buildCustomCert.
func certificateOf(authority any) string {
	value := reflect.ValueOf(authority)
	if value.Kind() == reflect.Struct {
		if field := value.FieldByName("Cert"); field.IsValid() {
			return field.String()
		}
	}
	return fmt.Sprint(authority)
}

func block(title string, seed ...any) string {
	body := base64.StdEncoding.EncodeToString(derive(192, append([]any{title}, seed...)...))
	lines := slices.Collect(slices.Chunk([]byte(body), 64))
	var text strings.Builder
	fmt.Fprintf(&text, "-----BEGIN %s-----\n", title)
	for _, line := range lines {
		fmt.Fprintf(&text, "%s\n", line)
	}
	fmt.Fprintf(&text, "-----END %s-----\n", title)
	return text.String()
}

func bcryptLike(seed ...any) string {
	encoded := base64.RawStdEncoding.EncodeToString(derive(40, append([]any{"bcrypt"}, seed...)...))
	return "$2a$10$" + strings.ReplaceAll(encoded, "+", ".")[:53]
}

func alphabet(name, letters string) func(int) string {
	return func(count int) string {
		text := make([]byte, max(count, 0))
		for i, random := range derive(len(text), name, count) {
			text[i] = letters[int(random)%len(letters)]
		}
		return string(text)
	}
}

func printable() string {
	letters := make([]byte, 0, 95)
	for letter := byte(32); letter < 127; letter++ {
		letters = append(letters, letter)
	}
	return string(letters)
}

// derive makes bytes out of a seed: SHA-256 in counter mode.
func derive(count int, seed ...any) []byte {
	key := sha256.Sum256(fmt.Appendf(nil, "%q", seed))
	stream := make([]byte, 0, count+sha256.Size)
	for counter := 0; len(stream) < count; counter++ {
		next := sha256.Sum256(fmt.Appendf(key[:], "%d", counter))
		stream = append(stream, next[:]...)
	}
	return stream[:count]
}
