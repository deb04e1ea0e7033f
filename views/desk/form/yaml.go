package form

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// reader collects what is wrong in a file.
type reader struct {
	file     string
	source   []string
	problems []Problem
}

// deepest is how deep the values of a file may lie: forms need four levels.
const deepest = 20

// parse gives the mapping that a file is.
func (r *reader) parse(data []byte) (*object, bool) {
	r.source = strings.Split(string(data), "\n")
	tree, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		p := Problem{File: r.file, Line: 1, Column: 1, What: "this is no YAML", Fix: "look at the indentation, the colons and the quotation marks there"}
		var e yaml.Error
		if errors.As(err, &e) {
			p.What = "this is no YAML: " + strings.TrimSuffix(e.GetMessage(), ".")
			if t := e.GetToken(); t != nil && t.Position != nil {
				p.Line, p.Column = t.Position.Line, t.Position.Column
			}
		}
		r.problems = append(r.problems, p)
		return nil, false
	}
	var body ast.Node
	for _, d := range tree.Docs {
		switch {
		case d.Body == nil:
		case body != nil:
			r.fault(d.Body, "a file holds one form", "move the second one to a file of its own")
		default:
			body = d.Body
		}
	}
	if body == nil {
		r.problems = append(r.problems, Problem{File: r.file, What: "the file is empty", Fix: "begin with id, title, to, within, fields and body"})
		return nil, false
	}
	o, ok := r.object(body, "a form")
	return o, ok
}

// fault records what is wrong with a node.
func (r *reader) fault(n ast.Node, what, fix string) {
	line, column := place(n)
	r.at(line, column, what, fix)
}

func (r *reader) at(line, column int, what, fix string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Column: column, What: what, Fix: fix})
}

func place(n ast.Node) (line, column int) {
	if n == nil {
		return 0, 0
	}
	var t *token.Token
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return place(n.Values[0])
		}
		t = n.GetToken()
	case *ast.MappingValueNode:
		t = n.Key.GetToken()
	default:
		t = n.GetToken()
	}
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return t.Position.Line, t.Position.Column
}

// object is a mapping whose keys are taken one by one; what is left at the end
// is unknown.
type object struct {
	r     *reader
	node  ast.Node
	what  string // for words: "a field"
	keys  map[string]*ast.MappingValueNode
	order []string
	taken []string
}

func (r *reader) object(n ast.Node, what string) (*object, bool) {
	o := &object{r: r, node: n, what: what, keys: map[string]*ast.MappingValueNode{}}
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.fault(n, what+" is written as lines of a name, a colon and a value", "write it such as “title: Landing declaration”")
		return nil, false
	}
	for _, v := range values {
		k, ok := v.Key.(*ast.StringNode)
		if !ok {
			r.fault(v, fmt.Sprintf("“%s” is no name of a setting", v.Key.GetToken().Value), "take it out")
			continue
		}
		if _, twice := o.keys[k.Value]; twice {
			r.fault(v, fmt.Sprintf("“%s” is there twice", k.Value), "keep one of the two")
			continue
		}
		o.keys[k.Value] = v
		o.order = append(o.order, k.Value)
	}
	return o, true
}

// get takes a value; nil: it is not there, or empty.
func (o *object) get(key string) ast.Node {
	o.taken = append(o.taken, key)
	v := o.keys[key]
	if v == nil {
		return nil
	}
	if _, empty := v.Value.(*ast.NullNode); empty {
		return nil
	}
	return v.Value
}

// done complains about what nobody took.
func (o *object) done() {
	for _, k := range o.order {
		if !slices.Contains(o.taken, k) {
			o.r.fault(o.keys[k], fmt.Sprintf("%s has no “%s”", o.what, k), meant(k, o.taken, "take it out, or choose one of "+strings.Join(o.taken, ", ")))
		}
	}
}

// fault is about the value of a key, or about the object if it is not there.
func (o *object) fault(key, what, fix string) {
	if v := o.keys[key]; v != nil {
		if v.Value != nil && v.Value.GetToken() != nil {
			if _, empty := v.Value.(*ast.NullNode); !empty {
				o.r.fault(v.Value, what, fix)
				return
			}
		}
		o.r.fault(v, what, fix)
		return
	}
	o.r.fault(o.node, what, fix)
}

// text takes a value as it is written.
func (o *object) text(key string) string {
	n := o.get(key)
	if n == nil {
		return ""
	}
	s, ok := scalar(n)
	if !ok {
		o.fault(key, fmt.Sprintf("“%s” takes one value", key), "write it in one line behind the colon")
	}
	return s
}

// needed is text that must be there.
func (o *object) needed(key, fix string) string {
	before := len(o.r.problems)
	s := o.text(key)
	if strings.TrimSpace(s) == "" && len(o.r.problems) == before {
		o.fault(key, fmt.Sprintf("%s needs “%s”", o.what, key), fix)
	}
	return s
}

// yes takes true or false.
func (o *object) yes(key string, otherwise bool) bool {
	s := o.text(key)
	switch strings.ToLower(s) {
	case "":
		return otherwise
	case "true", "yes":
		return true
	case "false", "no":
		return false
	}
	o.fault(key, fmt.Sprintf("“%s” is neither yes nor no", s), "write yes or no")
	return otherwise
}

// whole takes a whole number within limits.
func (o *object) whole(key string, low, high, otherwise int) int {
	s := o.text(key)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		o.fault(key, fmt.Sprintf("“%s” is no number from %d to %d", s, low, high), fmt.Sprintf("write %d to %d", low, high))
		return otherwise
	}
	return n
}

// list takes a list.
func (o *object) list(key string) []ast.Node {
	n := o.get(key)
	if n == nil {
		return nil
	}
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		o.fault(key, fmt.Sprintf("“%s” is a list", key), "begin each of its items with a dash on a line of its own")
		return nil
	}
	return s.Values
}

// scalar is the text of a value as it is written.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.NullNode:
		return "", true
	}
	return "", false
}

// shallow refuses what no form needs: references within the file, tags, and
// values that lie too deep.
func (r *reader) shallow(n ast.Node, depth int) bool {
	if depth > deepest {
		r.fault(n, "this lies deeper than a form can", "look at the indentation")
		return false
	}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		r.fault(n, "forms have no anchors (&), aliases (*) and tags (!)", "write the value out, in quotation marks if it begins with one of these")
		return false
	case *ast.MappingNode:
		for _, v := range n.Values {
			if !r.shallow(v, depth+1) {
				return false
			}
		}
	case *ast.MappingValueNode:
		return r.shallow(n.Key, depth+1) && (n.Value == nil || r.shallow(n.Value, depth+1))
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if !r.shallow(v, depth+1) {
				return false
			}
		}
	}
	return true
}
