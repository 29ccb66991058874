package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestNobodyElseNamesTheAccount: an application behind a proxy hears who it is from nobody
// but the check, under no other spelling either: CGI, WSGI, Rack and PHP read X_Account_Id
// as X-Account-Id.
func TestNobodyElseNamesTheAccount(t *testing.T) {
	t.Parallel()
	for name, behind := range proxies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/session" {
					w.Header().Set("X-Account-Id", "real")
					w.WriteHeader(http.StatusNoContent)
				}
			}))
			defer instance.Close()
			app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for name, values := range r.Header {
					if strings.EqualFold(strings.ReplaceAll(name, "-", "_"), "X_Account_Id") { // as net/http/cgi does
						fmt.Fprintf(w, "%s=%s;", name, strings.Join(values, ","))
					}
				}
			}))
			defer app.Close()
			front := behind(t, newPair(t), app.Listener.Addr().String(), instance.Listener.Addr().String())
			client := &http.Client{Transport: &http.Transport{
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: host},
				DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
					return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+front.https)
				},
			}}
			defer client.CloseIdleConnections()
			for _, spelling := range []string{"X-Account-Id", "X_Account_Id", "X-Account_Id", "X_Account-Id"} {
				r := must[*http.Request](t)(http.NewRequest(http.MethodGet, "https://"+host+":"+front.https+"/app/", nil))
				r.Header[spelling] = []string{"victim"}
				body := await(t, "the proxy", func() (string, bool) {
					res, err := client.Do(r)
					if err != nil {
						return err.Error(), false
					}
					defer res.Body.Close()
					text, err := io.ReadAll(res.Body)
					return string(text), err == nil && res.StatusCode == http.StatusOK
				})
				if body != "X-Account-Id=real;" {
					t.Errorf("%s from a client: the application hears %q", spelling, body)
				}
			}
		})
	}
}
