package handlers

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"admitone/views"
)

// keptPages are the pages of articles as they were rendered. What a page may be kept
// for is all that it depends on; one that is somebody's own is never kept.
type keptPages struct {
	mu    sync.Mutex
	pages map[keptFor]keptPage
}

type keptFor struct {
	slug, theme string
	signedIn    bool
}

type keptPage struct {
	speeds []views.Speed
	body   []byte
}

// article gives the page of an article. It must not be written to.
func (k *keptPages) article(ctx context.Context, p views.ArticlePage) ([]byte, error) {
	own := p.Shell.Notice != "" || p.Shell.Path != "/help/a/"+p.Article.Slug ||
		slices.ContainsFunc(p.Acts, func(a views.Act) bool { return a.Path != "" }) ||
		slices.ContainsFunc(p.Speeds, func(v views.Speed) bool { return !v.Since.IsZero() }) // tells a time of this minute
	key := keptFor{p.Article.Slug, p.Shell.Theme, p.Shell.SignedIn}
	if !own {
		k.mu.Lock()
		kept, there := k.pages[key]
		k.mu.Unlock()
		if there && slices.Equal(kept.speeds, p.Speeds) {
			return kept.body, nil
		}
	}
	var body bytes.Buffer
	if err := views.HelpArticle(p).Render(ctx, &body); err != nil || own {
		return body.Bytes(), err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pages[key] = keptPage{p.Speeds, bytes.Clone(body.Bytes())}
	return k.pages[key].body, nil
}
