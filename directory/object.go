package directory

import (
	"time"

	"posthouse/localqm/mq"
)

// Kind is the sort of an object.
type Kind uint8

// The kinds of objects that MSMQ keeps in a directory (MS-MQDSSM 2.2.1).
const (
	KindEnterprise Kind = iota + 1 // mSMQEnterpriseSettings
	KindMachine                    // mSMQConfiguration, with its computer and mSMQSettings
	KindQueue                      // mSMQQueue: a public queue
	KindUser                       // user: certificates
	KindSite                       // site
	KindServer                     // mSMQSettings: a server's roles in a site
	KindLink                       // mSMQSiteLink: a routing link
	KindList                       // group: a distribution list
	KindAlias                      // mSMQ-Custom-Recipient: a queue alias
	KindComputer                   // computer: where a machine object may be created
)

// Object is one of the structs of this file, by pointer.
type Object interface {
	Kind() Kind
	// Common is what every object has; it may be changed through the pointer.
	Common() *Head
}

// Head is what every object has (DirectoryObject, MS-MQDMPR 3.1.1).
type Head struct {
	ID       mq.GUID // objectGUID; the directory gives it
	DN       string  // FullPath; the directory gives it, at creation Parent may choose where
	Name     string  // cn, the last part of DN
	Created  time.Time
	Modified time.Time
	// Security is the security descriptor, self-relative, with MSMQ's rights (MS-MQMQ
	// 2.2.23, 2.2.24) for queues and machines and the directory's for the others; nil
	// where it was not asked for or may not be read.
	Security []byte
}

// Common returns h.
func (h *Head) Common() *Head { return h }

// Enterprise holds the settings of a forest (MS-MQDMPR 3.1.1.6).
type Enterprise struct {
	Head
	// Forest is its DNS name, such as nordhavn.example.
	Forest string
	// WeakenedSecurity and NotifyOld are told by mSMQNameStyle and mSMQCSPName
	// (MS-MQDSSM 3.1.6.11.3); nil where that is not set.
	WeakenedSecurity *bool
	NotifyOld        *bool
	LongLived        uint32 // DefaultTimeToLive, seconds
	Version          uint32
}

// Machine is a queue manager (MS-MQDMPR 3.1.1.1).
type Machine struct {
	Head
	Computer    string // NetBIOS name
	DNSName     string // QualifiedComputerName; empty if the computer object has none
	SID         string // of the computer account; empty for foreign computers
	Version     string
	OS          uint32 // MS-MQDSSM 3.1.6.11.1.2
	OSVersion   string
	Quota       uint32 // KB; mq.Never: unlimited, and so is 0 at creation
	Journal     uint32 // JournalQuota, KB; the same
	Foreign     bool
	Sites       []mq.GUID
	OutServers  []mq.GUID // OutRoutingServerIdentifierList
	InServers   []mq.GUID // InRoutingServerIdentifierList
	Routing     bool
	Directory   bool
	Dependents  bool   // SupportingServer
	EncryptKeys []byte // MQDSPUBLICKEYS (MS-MQMQ 2.2.2)
	SignKeys    []byte // MQUSERSIGNCERTS (MS-MQMQ 2.2.21)
	// Principals are the names that Kerberos knows the computer's services by. Create
	// and Write add them to those that the computer has.
	Principals []string
}

// Queue is a public queue (MS-MQDMPR 3.1.1.2).
type Queue struct {
	Head
	Machine       mq.GUID // whose it is
	Computer      string  // its name
	Queue         string  // its name on that computer, from mSMQQueueNameExt too
	Label         string
	Type          mq.GUID
	Journal       bool
	Quota         uint32 // KB; mq.Never: unlimited, and so is 0 at creation
	JournalQuota  uint32 // KB; the same
	Authenticate  bool
	Privacy       uint8 // 0 none, 1 optional, 2 body
	Transactional bool
	Multicast     string
	BasePriority  int16
}

// Site is a site of the forest (MS-MQDMPR 3.1.1.7).
type Site struct {
	Head
	Foreign   bool
	Migrated  bool   // from MSMQ 1.0
	Interval1 uint32 // seconds, IntraSiteReplicationInterval
	Interval2 uint32 // seconds, InterSiteReplicationInterval
}

// Server is a queue manager's roles in one site (MS-MQDSSM 3.1.6.7.1.9).
type Server struct {
	Head
	Site       mq.GUID
	Machine    mq.GUID // mSMQQMID
	Routing    bool
	Directory  bool
	Dependents bool
}

// MinCost and MaxCost bound the cost of a routing link (MS-MQDMPR 3.1.1.8).
const (
	MinCost = 1
	MaxCost = 999_999
)

// Link is a routing link (MS-MQDMPR 3.1.1.8).
type Link struct {
	Head
	Description  string
	Cost         uint32
	Site1, Site2 mq.GUID
	Gates        []mq.GUID // SiteGateIdentifierList: machines
}

// User is somebody whose certificates are known (MS-MQDMPR 3.1.1.15).
type User struct {
	Head
	Account      string // sAMAccountName
	SID          string
	Certificates [][]byte // mSMQSignCertificates, taken apart
	Digests      [][]byte // mSMQDigests, 16 bytes each
}

// List is a distribution list: messages to DL=id go to all its members.
type List struct {
	Head
	Description string
	Members     []Member
}

// Member is one element of a list.
type Member struct {
	DN   string
	ID   mq.GUID
	Kind Kind   // KindQueue, KindAlias, KindList; 0: nothing that messages can go to
	Name string // for people: computer\queue, or the name of the object
}

// Alias is another name for a queue that need not be in the directory.
type Alias struct {
	Head
	Description string
	FormatName  string
}

// Computer is a computer account of the domain.
type Computer struct {
	Head
	Account string // sAMAccountName, with the $
	DNSName string
	SID     string
}

// Kind is KindEnterprise.
func (*Enterprise) Kind() Kind { return KindEnterprise }

// Kind is KindMachine.
func (*Machine) Kind() Kind { return KindMachine }

// Kind is KindQueue.
func (*Queue) Kind() Kind { return KindQueue }

// Kind is KindUser.
func (*User) Kind() Kind { return KindUser }

// Kind is KindSite.
func (*Site) Kind() Kind { return KindSite }

// Kind is KindServer.
func (*Server) Kind() Kind { return KindServer }

// Kind is KindLink.
func (*Link) Kind() Kind { return KindLink }

// Kind is KindList.
func (*List) Kind() Kind { return KindList }

// Kind is KindAlias.
func (*Alias) Kind() Kind { return KindAlias }

// Kind is KindComputer.
func (*Computer) Kind() Kind { return KindComputer }

// Path is the path name of the queue.
func (q *Queue) Path() string { return q.Computer + `\` + q.Queue }
