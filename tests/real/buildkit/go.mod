module mirrorgen.test/buildkit

go 1.24.3

require github.com/moby/buildkit v0.26.3
