// Command engine is the renderer of egress-review: Helm and Kustomize as one WASI reactor without a file system,
// without a network and without randomness. Requests and answers are described in README.md.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"runtime/debug"
	"unsafe"
)

func main() {}

// buffers keeps requests alive while the host writes into them.
var (
	buffers = map[uint32][]byte{}
	result  []byte
)

//go:wasmexport alloc
func alloc(size uint32) uint32 {
	buffer := make([]byte, max(size, 1))
	pointer := uint32(uintptr(unsafe.Pointer(&buffer[0])))
	buffers[pointer] = buffer
	return pointer
}

//go:wasmexport result_ptr
func resultPointer() uint32 { return uint32(uintptr(unsafe.Pointer(&result[0]))) }

//go:wasmexport render_helm
func renderHelmExport(pointer, size uint32) uint32 { return answer(pointer, size, renderHelm) }

//go:wasmexport build_kustomize
func buildKustomizeExport(pointer, size uint32) uint32 { return answer(pointer, size, buildKustomize) }

//go:wasmexport read_manifests
func readManifestsExport(pointer, size uint32) uint32 { return answer(pointer, size, readManifests) }

// answer runs one operation from a clean state and leaves its response in result.
func answer[Request any](pointer, size uint32, operation func(*Request, *Response)) uint32 {
	body := buffers[pointer][:size]
	delete(buffers, pointer)
	response := &Response{}
	var request struct {
		MaximumOutputBytes int64 `json:"maximumOutputBytes"`
		Request            Request
	}
	request.MaximumOutputBytes = 1 << 40
	if err := json.Unmarshal(body, &request); err != nil {
		response.Error = &Failure{Kind: "request", Message: err.Error()}
	} else {
		begin(response)
		guarded(response, func() { operation(&request.Request, response) })
	}
	result = response.frame(request.MaximumOutputBytes)
	return uint32(len(result))
}

// begin resets what a former render may have left: the generator of sprig's functions without a stable form.
func begin(response *Response) {
	//nolint:staticcheck // under `godebug randseednop=0` this seeds the generator that third-party code uses
	rand.Seed(1)
	listen(response)
}

// guarded turns a panic of a library into an error value; the host throws the instance away.
func guarded(response *Response, run func()) {
	defer func() {
		if cause := recover(); cause != nil {
			*response = Response{Error: &Failure{Kind: "panic", Message: fmt.Sprint(cause), Detail: string(debug.Stack())}}
		}
	}()
	run()
}
