package main

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// note is what the server keeps.
type note struct {
	Title string    `json:"title"`
	Text  string    `json:"text"`
	Tags  []string  `json:"tags,omitempty"`
	Made  time.Time `json:"made"`
}

var errNoTitle = errors.New("a note needs a title")

// store holds notes by title.
type store struct {
	mu    sync.RWMutex
	notes map[string]note
}

func newStore() *store { return &store{notes: map[string]note{}} }

func (s *store) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes", s.list)
	mux.HandleFunc("GET /notes/{title}", s.get)
	mux.HandleFunc("POST /notes", s.add)
	mux.HandleFunc("DELETE /notes/{title}", s.remove)
	return mux
}

// list answers with the titles, or with those of one tag (?tag=).
func (s *store) list(w http.ResponseWriter, r *http.Request) {
	tag := r.URL.Query().Get("tag")
	s.mu.RLock()
	defer s.mu.RUnlock()
	titles := []string{}
	for _, title := range slices.Sorted(maps.Keys(s.notes)) {
		if tag == "" || slices.Contains(s.notes[title].Tags, tag) {
			titles = append(titles, title)
		}
	}
	reply(w, http.StatusOK, titles)
}

func (s *store) get(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, ok := s.notes[r.PathValue("title")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	reply(w, http.StatusOK, n)
}

func (s *store) add(w http.ResponseWriter, r *http.Request) {
	var n note
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&n)
	if n.Title = strings.TrimSpace(n.Title); err == nil && n.Title == "" {
		err = errNoTitle
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n.Made = time.Now().UTC()
	s.mu.Lock()
	s.notes[n.Title] = n
	s.mu.Unlock()
	reply(w, http.StatusCreated, n)
}

func (s *store) remove(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	delete(s.notes, r.PathValue("title"))
	s.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
