// The Go peer of the end-to-end tests: "peer serve" is an HTTP server, "peer ask" a client. See ../README.md.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 2 || (os.Args[1] != "serve" && os.Args[1] != "ask") {
		log.Fatal("usage: peer serve|ask")
	}
	if os.Args[1] == "serve" {
		serve()
	} else {
		ask()
	}
}

func serve() {
	mux := http.NewServeMux()
	text := func(path string, status int, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			io.WriteString(w, body)
		})
	}
	text("/ok", 200, "hello from the server\n")
	text("/submit", 201, "accepted\n")
	text("/error", 500, "out of order\n")
	text("/file", 200, strings.Repeat("f", 100_000))
	text("/users/42/orders", 200, "[]\n")
	text("/", 404, "not here\n")
	mux.HandleFunc("/empty", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("/cached", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(304) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 10; i++ {
			fmt.Fprintf(w, "line %d\n", i)
			w.(http.Flusher).Flush()
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, mux))
}

// One request to make, and what became of it.
type exchange struct {
	URL       string            `json:"url"`
	Method    string            `json:"method"`
	Headers   map[string]string `json:"headers"`
	Body      string            `json:"body"`
	Status    int               `json:"status"`
	Received  int64             `json:"received"`
	LocalPort int               `json:"localPort"`
}

func ask() {
	var exchanges []exchange
	if err := json.NewDecoder(os.Stdin).Decode(&exchanges); err != nil {
		log.Fatal(err)
	}
	for i := range exchanges {
		if err := exchanges[i].run(); err != nil {
			log.Fatal(err)
		}
	}
	json.NewEncoder(os.Stdout).Encode(exchanges)
}

func (e *exchange) run() error {
	var body io.Reader
	if e.Body != "" {
		body = strings.NewReader(e.Body)
	}
	request, err := http.NewRequest(e.Method, e.URL, body)
	if err != nil {
		return err
	}
	for name, value := range e.Headers {
		request.Header.Set(name, value)
	}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		e.LocalPort = info.Conn.LocalAddr().(*net.TCPAddr).Port
	}}
	response, err := http.DefaultClient.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	e.Status = response.StatusCode
	e.Received, err = io.Copy(io.Discard, response.Body)
	return err
}
