// experiment.h - the experiments of a Go toolchain (GOEXPERIMENT) that an object was compiled with.
//
// The header line of an object lists all experiments that are on ("X:regabiwrappers,regabiargs,...").
// People, and runtime.Version, see only those that differ from the release's default for the platform.
// REF   internal/buildcfg/exp.go: ParseGOEXPERIMENT, ExperimentFlags.String; internal/goexperiment/flags.go.
#pragma once

#include "base/arena.h"

// Whether `header` lists the experiment.
bool experiment_is_on(Str header, Str name);

// The experiments in which `header` ("go object darwin amd64 go1.27.4 ... X:...\n") differs from the
// default, as GOEXPERIMENT spells them: "fieldtrack,nodwarf5". Empty: none.
Str experiments_changed(Arena *a, Str header, Str goos, Str goarch, Str version);

// The list after "X:" in headers of objects that are compiled with this value of GOEXPERIMENT. False when it has a name
// that the release does not know, which *list is then.
bool experiments_enabled(Arena *a, Str goexperiment, Str goos, Str goarch, Str version, Str *list);

// The list after "X:" in a header.
Str experiments_of_header(Str header);

// Whether a comma-separated list has the name.
bool experiment_in_list(Str list, Str name);
