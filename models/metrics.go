package models

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// other stands for a label that is on no list: strangers cannot make series.
const other = "other"

var everyChannel = []string{ChannelEmail, ChannelSMS}

// counters are the figures that only grow, by the names that count is called with:
// the metric, and for each of its labels the values that it can have.
var counters = []struct {
	name, metric, help string
	labels             []string
	values             [][]string
}{
	{
		"sign_ins", "sign_ins", "Sign-ins by how they ended.",
		[]string{"outcome"},
		[][]string{{"known", "code", "unusual", "refused", "wrong_password", "throttled"}},
	},
	{
		"codes", "codes", "Verification codes: sent, entered rightly, wrong, and typed when they were over.",
		[]string{"what", "channel"},
		[][]string{{"sent", "entered", "wrong", "expired"}, everyChannel},
	},
	{
		"risk", "risk_decisions", "Decisions of the risk engine after a right password.",
		[]string{"decision"},
		[][]string{{string(Allow), string(StepUp), string(Deny)}},
	},
	{
		"budgets", "budgets_hit", "Acts that a budget refused.",
		[]string{"budget"},
		[][]string{budgetSlugs()},
	},
	{
		"sign_ups", "sign_ups", "Sign-ups: asked for, and accounts made.",
		[]string{"what"},
		[][]string{{"asked", "done"}},
	},
	{
		"resets", "resets", "Resets of a password: asked for, and done.",
		[]string{"what"},
		[][]string{{"asked", "done"}},
	},
	{
		"deliveries", "deliveries", "What became of messages, step by step.",
		[]string{"channel", "state"},
		[][]string{everyChannel, {stateAccepted, stateRefused, stateDropped, "delayed", stateDelivered, stateUndelivered}},
	},
	{"brakes", "brakes", "Accounts whose codes for strangers were stopped for a while.", nil, nil},
	{"moved", "sessions_moved", "Sessions that turned up elsewhere.", nil, nil},
}

// figures are the metrics of this process.
type figures struct {
	vecs     map[string]*prometheus.CounterVec
	values   map[string][][]string
	handover *prometheus.HistogramVec
}

// handover is a message that its peer took over.
type handover struct {
	channel string
	took    time.Duration // since it was asked for
}

func newFigures() *figures {
	f := &figures{vecs: map[string]*prometheus.CounterVec{}, values: map[string][][]string{}}
	for _, c := range counters {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "admitone_" + c.metric + "_total", Help: c.help}, c.labels)
		f.vecs[c.name], f.values[c.name] = v, c.values
		for _, labels := range combined(c.values) {
			v.WithLabelValues(labels...) // there from the start, as 0
		}
	}
	f.handover = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "admitone_handover_seconds", Help: "From when a message was asked for until its peer took it over.",
		Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 600},
	}, []string{"channel"})
	for _, c := range everyChannel {
		f.handover.WithLabelValues(c)
	}
	return f
}

// combined lists every combination of values.
func combined(values [][]string) [][]string {
	all := [][]string{nil}
	for _, list := range values {
		var next [][]string
		for _, one := range all {
			for _, v := range list {
				next = append(next, append(slices.Clone(one), v))
			}
		}
		all = next
	}
	return all
}

// count adds one, and gives the name of what was counted: 'sign_ins known'. ok is
// false for a figure that there is not.
func (f *figures) count(t tally) (name string, ok bool) {
	v, ok := f.vecs[t.name]
	if !ok {
		return "", false
	}
	labels := make([]string, len(f.values[t.name]))
	for i, known := range f.values[t.name] {
		labels[i] = other
		if i < len(t.what) && slices.Contains(known, t.what[i]) {
			labels[i] = t.what[i]
		}
	}
	v.WithLabelValues(labels...).Inc()
	return strings.Join(append([]string{t.name}, labels...), " "), true
}

// Metrics answers with the figures in the Prometheus text form, and with those of
// others beside them.
func (m *Models) Metrics(beside ...prometheus.Collector) http.Handler {
	f, registry := m.core.watch.figures, prometheus.NewRegistry()
	for _, v := range f.vecs {
		registry.MustRegister(v)
	}
	registry.MustRegister(beside...)
	registry.MustRegister(f.handover, gauges{m.core},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// gauges are the figures that are read from the database when they are asked for.
type gauges struct{ *core }

// gaugesLimit is how long the database has for them.
const gaugesLimit = 2 * time.Second

var (
	databaseUp   = prometheus.NewDesc("admitone_database_up", "1 where the database answers, else 0.", nil, nil)
	queueWaiting = prometheus.NewDesc("admitone_queue_length", "Messages that wait to be handed over.", nil, nil)
	queueAge     = prometheus.NewDesc("admitone_queue_age_seconds", "How long the oldest of them has waited.", nil, nil)
	purseUsed    = prometheus.NewDesc("admitone_purse_used_ratio", "How much of the day's texts is used, 0 to 1.", nil, nil)
)

// Describe lists them.
func (gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{databaseUp, queueWaiting, queueAge, purseUsed} {
		to <- d
	}
}

// Collect reads them. Where the database does not answer, that is the one that is
// left.
func (r gauges) Collect(to chan<- prometheus.Metric) {
	list, err := r.read()
	up := 1.0
	if err != nil {
		r.log.Warn("the figures of the database cannot be read", "error", err)
		up, list = 0, nil
	}
	for _, m := range append(list, prometheus.MustNewConstMetric(databaseUp, prometheus.GaugeValue, up)) {
		to <- m
	}
}

func (r gauges) read() (list []prometheus.Metric, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugesLimit)
	defer cancel()
	g, now := r.db.Read(ctx), r.db.Now()
	var waiting int
	if err := g.Raw("SELECT count(*) FROM messages WHERE state = 'queued'").Scan(&waiting).Error; err != nil {
		return nil, err
	}
	var oldest []struct{ CreatedAt time.Time }
	if err := g.Raw("SELECT created_at FROM messages WHERE state = 'queued' ORDER BY created_at LIMIT 1").Scan(&oldest).Error; err != nil {
		return nil, err
	}
	age := 0.0
	if len(oldest) > 0 {
		age = now.Sub(oldest[0].CreatedAt).Seconds()
	}
	spent, err := used(g, r.purse(), now)
	if err != nil {
		return nil, err
	}
	gauge := func(d *prometheus.Desc, v float64) {
		list = append(list, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v))
	}
	gauge(queueWaiting, float64(waiting))
	gauge(queueAge, age)
	gauge(purseUsed, float64(spent)/float64(max(1, r.policy.DailyTexts)))
	return list, nil
}
