// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// Offsets and sizes in docs/how-to/go.md, for lines of "struct field" and "struct".
func main() {
	structs := map[string]reflect.Type{}
	for _, value := range []any{rcDevice{}, rcDtype{}, rcTensor{}, rcDuration{}, rcWindow{},
		rcClockMap{}, rcContextOptions{}, rcResampleOptions{}, rcStream{}, rcFuseOptions{}} {
		structs[strings.ToLower(reflect.TypeOf(value).Name())] = reflect.TypeOf(value)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		// Go writes rcClockMap where C writes rc_clock_map.
		words := strings.Fields(strings.ReplaceAll(lines.Text(), "_", ""))
		if len(words) == 1 {
			fmt.Println(structs[words[0]].Size())
			continue
		}
		field, found := structs[words[0]].FieldByNameFunc(func(name string) bool {
			return strings.EqualFold(name, words[1])
		})
		if !found {
			panic(lines.Text())
		}
		fmt.Println(field.Offset)
	}
}
