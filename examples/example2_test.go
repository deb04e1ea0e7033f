package examples

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"testing"
	"time"
)

// Example 2: Web Order Entry (MS-MQOD 3.2) up to the intermediary server. From
// step 6 on the back-end receives in a distributed transaction: that part belongs
// to those.
func TestExample2WebOrderEntry(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	intermediary := n.computer("INTERMEDIARY", officeAddress, "")
	var web []*computer
	for i := range 2 {
		web = append(web, n.computer(fmt.Sprintf("WEB%d", i+1), fmt.Sprintf("127.0.0.%d", 31+i), "INTERMEDIARY="+officeAddress))
	}

	n.step("Initial state: the intermediary server has a transactional queue, the web servers have none.")
	intermediary.start()
	intermediary.must("queue", "create", "orders", "--transactional", "--allow-send", "anonymous")
	for _, w := range web {
		w.start()
	}

	n.step("1-4: customers order at the web servers, which keep each order as a message and answer with a completion page.")
	var ordered []string
	for i, w := range web {
		at := w.website(`DIRECT=OS:INTERMEDIARY\private$\orders`)
		for k := range 3 {
			text := fmt.Sprintf("order %d of customer %d", k+1, i+1)
			if page := post(t, at, text); page != "Thank you for "+text {
				t.Fatalf("the completion page says %q", page)
			}
			ordered = append(ordered, text)
		}
	}

	n.step("5: each web server sends its messages to the intermediary server, in order.")
	intermediary.holds("orders", int64(len(ordered)))
	var came []string
	last := map[string]string{}
	for range ordered {
		m := intermediary.receive("orders")
		if m.Label < last[m.SourceMachine] {
			t.Errorf("%q came after %q", m.Label, last[m.SourceMachine])
		}
		last[m.SourceMachine] = m.Label
		came = append(came, m.Label)
	}
	sort.Strings(came)
	sort.Strings(ordered)
	if strings.Join(came, "|") != strings.Join(ordered, "|") {
		t.Errorf("%q came", came)
	}
	if len(last) != len(web) {
		t.Errorf("they came from %d computers", len(last))
	}

	n.step("Final state: as in the beginning, and nothing waits on the web servers.")
	for _, w := range web {
		n.until("the outgoing queue of "+w.name+" is empty", func() bool {
			q, ok := w.outgoing(`DIRECT=OS:INTERMEDIARY\private$\orders`)
			return !ok || q.Messages == 0
		})
	}
}

// website is the web server application: it answers an order when its message is
// in the outgoing queue.
func (c *computer) website(queue string) string {
	c.n.t.Helper()
	ln, err := net.Listen("tcp", c.address+":0")
	if err != nil {
		c.n.t.Fatal(err)
	}
	s := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = c.run("message", "send", queue, "--body", string(text), "--label", string(text), "--transactional", "--dead-letter")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "Thank you for %s", text)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	c.n.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = s.Shutdown(ctx)
		<-done
	})
	return "http://" + ln.Addr().String()
}

// post is a customer's web browser.
func post(t *testing.T, url, text string) string {
	t.Helper()
	r, err := http.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("the web server answers %s, %s, %v", r.Status, b, err)
	}
	return string(b)
}
