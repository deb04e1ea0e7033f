package qmcomm

import (
	"context"
	"math"

	"github.com/oiweiwei/go-msrpc/msrpc/dtyp"
	stub "github.com/oiweiwei/go-msrpc/msrpc/mqmp/qmcomm/v1"
	"github.com/oiweiwei/go-msrpc/msrpc/mqmq"

	"posthouse/localqm"
	"posthouse/localqm/interfaces/peer"
	"posthouse/localqm/mq"
	"posthouse/localqm/rpc"
	"posthouse/localqm/rpc/queueformat"
)

// use is what can be done with a property.
type use uint8

const (
	creates use = 1 << iota
	sets
	gets
)

// properties are those of queues (MS-MQMP 3.1.1.12); their types are those of
// mq.QueueProperties. "For a new queue" and "for one that is there" are what set and
// read, by the property's own type: a VT_NULL is no value.
var properties = map[mq.PropID]struct {
	use use
	set func(s *localqm.QueueSpec, v value)
	get func(i localqm.QueueInfo) *mqmq.PropertyVariant
}{
	mq.PropQInstance: {gets, nil, func(i localqm.QueueInfo) *mqmq.PropertyVariant { return identifier(i.Queue.ID) }},
	mq.PropQType: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Type = &v.id },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return identifier(i.Queue.Type) },
	},
	mq.PropQPathName: {
		creates | gets,
		func(*localqm.QueueSpec, value) {}, // createSpec compares it
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return peer.Text(i.Path) },
	},
	mq.PropQJournal: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Journaling = v.bool() },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return flag(i.Queue.Journaling) },
	},
	mq.PropQQuota: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Quota = v.uint32() },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return number(i.Queue.Quota) },
	},
	mq.PropQBasePriority: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { n := int16(v.number); s.BasePriority = &n },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return short(i.Queue.BasePriority) },
	},
	mq.PropQJournalQuota: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.JournalQuota = v.uint32() },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return number(i.Queue.JournalQuota) },
	},
	mq.PropQLabel: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Label = &v.text },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return peer.Text(i.Queue.Label) },
	},
	mq.PropQCreateTime: {gets, nil, func(i localqm.QueueInfo) *mqmq.PropertyVariant { return moment(i.Queue.Created) }},
	mq.PropQModifyTime: {gets, nil, func(i localqm.QueueInfo) *mqmq.PropertyVariant { return moment(i.Queue.Modified) }},
	mq.PropQAuthenticate: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Authenticate = v.bool() },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return flag(i.Queue.Authenticate) },
	},
	mq.PropQPrivLevel: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { n := uint8(v.number); s.Privacy = &n },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return number(uint32(i.Queue.Privacy)) },
	},
	mq.PropQTransaction: {
		creates | gets,
		func(s *localqm.QueueSpec, v value) { s.Transactional = v.bool() },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant { return flag(i.Queue.Transactional) },
	},
	mq.PropQPathNameDNS: {gets, nil, func(localqm.QueueInfo) *mqmq.PropertyVariant { return peer.Null() }}, // of the directory
	mq.PropQMulticastAddress: {
		creates | sets | gets,
		func(s *localqm.QueueSpec, v value) { s.Multicast = &v.text },
		func(i localqm.QueueInfo) *mqmq.PropertyVariant {
			if i.Queue.Multicast == "" {
				return peer.Null()
			}
			return peer.Text(i.Queue.Multicast)
		},
	},
	mq.PropQADSPath: {gets, nil, func(localqm.QueueInfo) *mqmq.PropertyVariant { return peer.Null() }},
}

// counted checks the arrays of a method.
func counted(n uint32, ids []uint32, values []*mqmq.PropertyVariant) error {
	if n < 1 || n > mq.MaxProperties || len(ids) != int(n) || len(values) != int(n) {
		return rpc.FaultBadStub
	}
	return nil
}

// GetObjectProperties is R_QMGetObjectProperties (MS-MQMP 3.1.4.9).
func (s *server) GetObjectProperties(ctx context.Context, r *stub.GetObjectPropertiesRequest) (*stub.GetObjectPropertiesResponse, error) {
	values, err := s.read(ctx, r)
	answer := &stub.GetObjectPropertiesResponse{CreatePartition: r.CreatePartition, Var: r.Var}
	if err == nil {
		answer.Var = values
	}
	var fault error
	answer.Return, fault = result(err)
	return answer, fault
}

func (s *server) read(ctx context.Context, r *stub.GetObjectPropertiesRequest) ([]*mqmq.PropertyVariant, error) {
	const op = "read the properties of a queue"
	if err := counted(r.CreatePartition, r.Property, r.Var); err != nil {
		return nil, err
	}
	for i, id := range r.Property {
		p, err := property(op, id, gets)
		if err != nil {
			return nil, err
		}
		if vt := mq.VarType(r.Var[i].VT); vt != mq.VTNull && vt != p.Type {
			return nil, wrongType(op, p, vt)
		}
	}
	name, err := s.object(ctx, op, r.ObjectFormat)
	if err != nil {
		return nil, err
	}
	info, err := s.m.Properties(ctx, peer.Caller(ctx), name)
	if err != nil {
		return nil, err
	}
	values := make([]*mqmq.PropertyVariant, len(r.Property))
	for i, id := range r.Property {
		values[i] = properties[mq.PropID(id)].get(info)
	}
	return values, nil
}

// SetObjectProperties is R_QMSetObjectProperties (MS-MQMP 3.1.4.10).
func (s *server) SetObjectProperties(ctx context.Context, r *stub.SetObjectPropertiesRequest) (*stub.SetObjectPropertiesResponse, error) {
	status, fault := result(s.set(ctx, r))
	return &stub.SetObjectPropertiesResponse{Return: status}, fault
}

func (s *server) set(ctx context.Context, r *stub.SetObjectPropertiesRequest) error {
	const op = "change the properties of a queue"
	if r.Property == nil || r.Var == nil {
		return invalid(op, "none came")
	}
	if err := counted(r.CreatePartition, r.Property, r.Var); err != nil {
		return err
	}
	var spec localqm.QueueSpec
	if _, err := specify(op, &spec, sets, r.Property, r.Var); err != nil {
		return err
	}
	name, err := s.object(ctx, op, r.ObjectFormat)
	if err != nil {
		return err
	}
	if path, direct := name.PathName(); name.Format.Kind == mq.KindPrivate || direct && path.Private {
		spec.BasePriority = nil // it has no effect on private queues (MS-MQMQ 2.3.1.6)
	}
	_, err = s.m.SetQueue(ctx, peer.Caller(ctx), name, spec)
	return err
}

// createSpec reads the properties of a new queue. Its path may be among them; it is
// that of the call then.
func createSpec(path mq.PathName, ids []uint32, values []*mqmq.PropertyVariant) (spec localqm.QueueSpec, err error) {
	const op = "create a queue"
	said, err := specify(op, &spec, creates, ids, values)
	if err != nil {
		return spec, err
	}
	if v, ok := said[mq.PropQPathName]; ok {
		p, err := mq.ParsePathName(v.text)
		if p.Local() || path.Local() {
			p.Machine = path.Machine
		}
		if err != nil || !p.Equal(path) {
			return spec, mq.Errorf(mq.ErrIllegalPropertyValue, op, "the property says that it is %s, and the call that it is %s", mq.Quote(v.text), path)
		}
	}
	return spec, nil
}

// specify reads properties that are given. Of one that comes twice the first counts
// (MS-MQMQ 2.4, MQ_INFORMATION_DUPLICATE_PROPERTY).
func specify(op string, spec *localqm.QueueSpec, as use, ids []uint32, values []*mqmq.PropertyVariant) (map[mq.PropID]value, error) {
	said := map[mq.PropID]value{}
	for i, id := range ids {
		p, err := property(op, id, as)
		if err != nil {
			return nil, err
		}
		v, err := given(op, p, values[i])
		if err != nil {
			return nil, err
		}
		if _, again := said[p.ID]; again {
			continue
		}
		said[p.ID] = v
		properties[p.ID].set(spec, v)
	}
	return said, nil
}

// property is one that may be used so.
func property(op string, id uint32, as use) (mq.Property, error) {
	p, ok := mq.QueueProperties.ByID(mq.PropID(id))
	switch {
	case !ok:
		return p, mq.Errorf(mq.ErrIllegalPropID, op, "queues have no property %d", id)
	case properties[p.ID].use&as == 0:
		return p, mq.Errorf(mq.ErrPropertyNotAllowed, op, "%s cannot be used here", p)
	}
	return p, nil
}

func wrongType(op string, p mq.Property, vt mq.VarType) error {
	return mq.Errorf(mq.ErrIllegalPropertyVT, op, "%s has the type %s, not %s", p, p.Type, vt)
}

// value is that of a property, by its type.
type value struct {
	number int64
	text   string
	id     mq.GUID
}

func (v value) bool() *bool     { b := v.number != 0; return &b }
func (v value) uint32() *uint32 { n := uint32(v.number); return &n }

// given reads the value of a property that somebody sets.
func given(op string, p mq.Property, in *mqmq.PropertyVariant) (value, error) {
	vt := mq.VarType(in.VT)
	if p.ID == mq.PropQMulticastAddress && vt == mq.VTEmpty {
		return value{}, nil // none
	}
	if vt != p.Type {
		return value{}, wrongType(op, p, vt)
	}
	switch v := in.VarUnion.GetValue().(type) {
	case uint8:
		return value{number: int64(v)}, p.CheckNumber(int64(v))
	case int16:
		return value{number: int64(v)}, p.CheckNumber(int64(v))
	case uint32:
		return value{number: int64(v)}, p.CheckNumber(int64(v))
	case string:
		if p.ID == mq.PropQMulticastAddress && v != "" {
			if _, err := mq.ParseFormatName(mq.Multicast(v).String()); err != nil {
				return value{}, mq.Errorf(mq.ErrIllegalPropertyValue, op, "%s is no multicast address", mq.Quote(v))
			}
		}
		return value{text: v}, p.CheckText(v)
	case *dtyp.GUID:
		if v == nil {
			return value{}, mq.Errorf(mq.ErrIllegalPropertyValue, op, "%s has no value", p)
		}
		return value{id: queueformat.GUID(v)}, nil
	}
	return value{}, wrongType(op, p, vt)
}

func number(n uint32) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTUI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Ulong{Ulong: n}})
}

func short(n int16) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTI2, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Short{Short: n}})
}

func flag(b bool) *mqmq.PropertyVariant {
	v := &mqmq.PropertyVariant_VarUnion_Byte{}
	if b {
		v.Byte = 1
	}
	return peer.Variant(mq.VTUI1, mqmq.PropertyVariant_VarUnion{Value: v})
}

// moment is a time in seconds since 1970.
func moment(unix int64) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTI4, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_Long{
		Long: int32(min(max(unix, 0), math.MaxInt32)),
	}})
}

func identifier(g mq.GUID) *mqmq.PropertyVariant {
	return peer.Variant(mq.VTCLSID, mqmq.PropertyVariant_VarUnion{Value: &mqmq.PropertyVariant_VarUnion_UUID{UUID: queueformat.FromGUID(g)}})
}
