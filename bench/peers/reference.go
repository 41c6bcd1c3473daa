// The same work by a small crawler in Go, in memory: net/http and goquery, both cores.
//
// reference HOSTS PORT PAGES FOLDER, as the other peers. robots.txt is asked for and heeded by its
// simplest lines; nothing is kept on the disk.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/PuerkitoBio/goquery"
)

const perHost = 2

var (
	mail   = regexp.MustCompile(`[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+`)
	phone  = regexp.MustCompile(`(?:\+|\b00)[1-9][\d ()/.-]{6,18}\d`)
	social = []string{"linkedin.com", "facebook.com", "instagram.com", "x.com", "twitter.com", "youtube.com"}
)

type facts struct {
	url, title, description, language string
	emails, phones, social            map[string]bool
	links                             int
}

func main() {
	hosts, port, folder := lines(os.Args[1]), os.Args[2], os.Args[4]
	_ = folder
	pages, err := strconv.Atoi(os.Args[3])
	if err != nil {
		panic(err)
	}
	dialer := &net.Dialer{}
	client := &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: perHost,
		MaxIdleConns:        1000,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
		},
	}}
	var mutex sync.Mutex
	var found []facts
	var group sync.WaitGroup
	for _, host := range hosts {
		group.Add(1)
		go func(host string) {
			defer group.Done()
			read := crawl(client, host, pages)
			mutex.Lock()
			found = append(found, read...)
			mutex.Unlock()
		}(host)
	}
	group.Wait()
	fmt.Println(len(found))
}

func lines(path string) []string {
	file, err := os.Open(path)
	if err != nil {
		panic(err)
	}
	defer file.Close()
	var found []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			found = append(found, line)
		}
	}
	return found
}

type answer struct {
	facts facts
	links []string
}

// crawl reads one site, breadth first, perHost requests at a time.
func crawl(client *http.Client, host string, budget int) []facts {
	paths := forbidden(client, host)
	start := "http://" + host + "/"
	seen, queue := map[string]bool{start: true}, []string{start}
	answers := make(chan *answer)
	running, asked := 0, 0
	var found []facts
	for len(queue) > 0 || running > 0 {
		for len(queue) > 0 && running < perHost && asked < budget {
			go func(address string) { answers <- fetch(client, address) }(queue[0])
			queue = queue[1:]
			running++
			asked++
		}
		if running == 0 {
			break
		}
		got := <-answers
		running--
		if got == nil {
			continue
		}
		found = append(found, got.facts)
		for _, link := range got.links {
			if seen[link] || !strings.HasPrefix(link, start) || isForbidden(paths, link[len(start)-1:]) {
				continue
			}
			seen[link] = true
			queue = append(queue, link)
		}
	}
	return found
}

func forbidden(client *http.Client, host string) []string {
	response, err := client.Get("http://" + host + "/robots.txt")
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return nil
	}
	var paths []string
	ours := false
	for _, line := range strings.Split(string(body), "\n") {
		parts := strings.SplitN(line, ":", 2)
		if len(parts) != 2 {
			continue
		}
		name, value := strings.ToLower(strings.TrimSpace(parts[0])), strings.TrimSpace(parts[1])
		if name == "user-agent" {
			ours = value == "*"
		} else if ours && name == "disallow" && value != "" {
			paths = append(paths, value)
		}
	}
	return paths
}

func isForbidden(paths []string, path string) bool {
	for _, prefix := range paths {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func fetch(client *http.Client, address string) *answer {
	response, err := client.Get(address)
	if err != nil {
		return nil
	}
	defer response.Body.Close()
	document, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil
	}
	return read(address, document)
}

func read(address string, document *goquery.Document) *answer {
	base, _ := url.Parse(address)
	found := facts{url: address, emails: map[string]bool{}, phones: map[string]bool{}, social: map[string]bool{}}
	var links []string
	document.Find("a[href]").Each(func(_ int, node *goquery.Selection) {
		href, _ := node.Attr("href")
		switch {
		case strings.HasPrefix(href, "mailto:"):
			found.emails[strings.SplitN(href[7:], "?", 2)[0]] = true
		case strings.HasPrefix(href, "tel:"):
			found.phones[href[4:]] = true
		case strings.HasPrefix(href, "#") || strings.HasPrefix(href, "javascript:"):
		default:
			if reference, err := url.Parse(href); err == nil {
				absolute := base.ResolveReference(reference)
				absolute.Fragment = ""
				link := absolute.String()
				links = append(links, link)
				for _, name := range social {
					if strings.Contains(link, name) {
						found.social[link] = true
					}
				}
			}
		}
	})
	found.title = strings.TrimSpace(document.Find("title").First().Text())
	found.description, _ = document.Find(`meta[name="description"]`).Attr("content")
	found.language, _ = document.Find("html").Attr("lang")
	text := document.Find("body").Text()
	if strings.Contains(text, "@") {
		for _, value := range mail.FindAllString(text, -1) {
			found.emails[value] = true
		}
	}
	for _, value := range phone.FindAllString(text, -1) {
		found.phones[value] = true
	}
	found.links = len(links)
	return &answer{found, links}
}
