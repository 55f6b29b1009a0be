// What BuildKit's own parser finds in Dockerfiles: a list of them on standard input, and for each of them the images
// that are no stages, or null where BuildKit does not take it.
//
// Which names are stages follows toDispatchState in frontend/dockerfile/dockerfile2llb/convert.go of BuildKit.
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	found := [][]string{}
	for _, text := range texts {
		found = append(found, images([]byte(text)))
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}

func images(text []byte) []string {
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{}))
	if err != nil {
		return nil
	}
	found := []string{}
	if syntax, _, _, ok := parser.DetectSyntax(text); ok {
		found = append(found, syntax)
	}
	known := map[string]bool{"scratch": true}
	for _, stage := range stages {
		found = add(found, known, stage.BaseName)
		known[strings.ToLower(stage.Name)] = stage.Name != ""
	}
	// Commands are resolved when all stages are known, so that they may name one that follows.
	for _, stage := range stages {
		for _, command := range stage.Commands {
			switch each := command.(type) {
			case *instructions.CopyCommand:
				if _, err := strconv.Atoi(each.From); err != nil {
					found = add(found, known, each.From)
				}
			case *instructions.RunCommand:
				for _, mount := range instructions.GetMounts(each) {
					found = add(found, known, mount.From)
				}
			}
		}
	}
	return found
}

func add(found []string, known map[string]bool, name string) []string {
	if name == "" || known[strings.ToLower(name)] {
		return found
	}
	return append(found, name)
}
