// Sample sites that take their time: each URL the same, between two bounds.
//
// slow_hosts FOLDER LEAST MOST: FOLDER has a folder for each host with the files that bench/sites.py
// writes; LEAST and MOST are milliseconds. Prints its port on loopback, and serves from memory the
// compressed twins, so that as little as possible of two cores goes into serving.
package main

import (
	"fmt"
	"hash/fnv"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

var types = map[string]string{
	".txt": "text/plain; charset=utf-8", ".xml": "application/xml", ".svg": "image/svg+xml",
	".html": "text/html; charset=utf-8",
}

type file struct {
	contentType, length []string
	bytes               []byte
}

func main() {
	folder := os.Args[1]
	least, most := milliseconds(os.Args[2]), milliseconds(os.Args[3])
	files := read(folder)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	coded := []string{"gzip"}
	panic(http.Serve(listener, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		url := request.Host + request.URL.Path
		time.Sleep(time.Duration(least+latency(url)%(most-least+1)) * time.Millisecond)
		found, known := files[url]
		if !known {
			http.NotFound(writer, request)
			return
		}
		header := writer.Header()
		header["Content-Type"], header["Content-Encoding"] = found.contentType, coded
		header["Content-Length"] = found.length
		writer.Write(found.bytes)
	})))
}

// latency is a number that depends on the URL alone, and not much on its last letter.
func latency(url string) int {
	hash := fnv.New64a()
	hash.Write([]byte(url))
	sum := hash.Sum64()
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd
	return int(sum >> 33)
}

func milliseconds(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return number
}

func read(folder string) map[string]file {
	files := map[string]file{}
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || !strings.HasSuffix(path, ".gz") {
			return err
		}
		body, err := os.ReadFile(path)
		name := strings.TrimSuffix(strings.TrimPrefix(path, folder+"/"), ".gz")
		kind := filepath.Ext(name)
		url := strings.TrimSuffix(strings.TrimSuffix(name, ".html"), "/index")
		if strings.HasSuffix(name, "/index.html") {
			url += "/"
		}
		files[url] = file{
			bytes: body, contentType: []string{types[kind]}, length: []string{strconv.Itoa(len(body))},
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return files
}
