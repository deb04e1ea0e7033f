package directory

// Attribute names what can be asked for and written, with the names of the data
// model (MS-MQDSSM 3.1.6.20); those of lists and aliases are ours.
type Attribute string

// The attributes of all objects.
const (
	AttrID       Attribute = "Identifier"
	AttrDN       Attribute = "FullPath"
	AttrName     Attribute = "Name"
	AttrCreated  Attribute = "CreateTime"
	AttrModified Attribute = "ModifyTime"
	AttrSecurity Attribute = "Security" // read only where it is named
)

// The attributes of machines.
const (
	AttrComputer    Attribute = "ComputerName"
	AttrDNSName     Attribute = "QualifiedComputerName"
	AttrVersion     Attribute = "QueueManagerVersion"
	AttrOS          Attribute = "OperatingSystemType"
	AttrOSVersion   Attribute = "OperatingSystemVersion"
	AttrQuota       Attribute = "Quota" // QueueManagerQuota of a machine
	AttrJournalKB   Attribute = "JournalQuota"
	AttrForeign     Attribute = "ForeignSystem"
	AttrSites       Attribute = "SiteIdentifierList"
	AttrOutServers  Attribute = "OutRoutingServerIdentifierList"
	AttrInServers   Attribute = "InRoutingServerIdentifierList"
	AttrRouting     Attribute = "RoutingServer"
	AttrDirectory   Attribute = "DirectoryServer"
	AttrDependents  Attribute = "SupportingServer"
	AttrEncryptKeys Attribute = "PublicEncryptionKeyList"
	AttrSignKeys    Attribute = "PublicSigningKeyList"
	AttrPrincipals  Attribute = "servicePrincipalName" // of the computer; ours
)

// The attributes of queues.
const (
	AttrPath          Attribute = "Pathname" // only in filters: computer\queue
	AttrMachine       Attribute = "QueueManager"
	AttrLabel         Attribute = "Label"
	AttrType          Attribute = "Type"
	AttrJournal       Attribute = "Journaling"
	AttrAuthenticate  Attribute = "Authentication"
	AttrPrivacy       Attribute = "PrivacyLevel"
	AttrTransactional Attribute = "Transactional"
	AttrMulticast     Attribute = "MulticastAddress"
	AttrBasePriority  Attribute = "BasePriority"
)

// The attributes of sites, links, enterprise, users, lists and aliases.
const (
	AttrForeignSite      Attribute = "ForeignSite"
	AttrMigrated         Attribute = "MigratedFromMsmq10"
	AttrInterval1        Attribute = "IntraSiteReplicationInterval"
	AttrInterval2        Attribute = "InterSiteReplicationInterval"
	AttrDescription      Attribute = "Description"
	AttrCost             Attribute = "ActualCost"
	AttrSite1            Attribute = "Site1Identifier"
	AttrSite2            Attribute = "Site2Identifier"
	AttrGates            Attribute = "SiteGateIdentifierList"
	AttrWeakenedSecurity Attribute = "WeakenedSecurity"
	AttrNotifyOld        Attribute = "NonLDAPCapableQueueManagerNotification"
	AttrLongLived        Attribute = "DefaultTimeToLive"
	AttrSID              Attribute = "SecurityIdentifier"
	AttrCertificates     Attribute = "Certificates"
	AttrDigests          Attribute = "CertificateDigestList"
	AttrAccount          Attribute = "sAMAccountName"
	AttrMembers          Attribute = "member"
	AttrFormatName       Attribute = "msMQ-Recipient-FormatName"
)
