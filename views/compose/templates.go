package compose

import (
	"fmt"

	"posthouse/localqm/mq"
)

// template is a test message as one of the libraries of the field writes it.
type template struct {
	name string
	fill func(d *draft)
}

// templates begin a message the way applications do that people test with.
var templates = []template{
	{".NET XML (XmlMessageFormatter)", func(d *draft) {
		d.content = content{mode: modeXML, text: "<?xml version=\"1.0\"?>\n<string>Hello</string>"}
		d.extension = nil
	}},
	{"COM or VB6 string", func(d *draft) {
		d.content = content{mode: modeText, text: "Hello", bodyType: uint32(mq.VTBSTR)}
		d.extension = nil
	}},
	{"Bytes", func(d *draft) {
		d.content = content{mode: modeHex, text: "48 65 6c 6c 6f", bodyType: uint32(mq.VTVector | mq.VTUI1)}
		d.extension = nil
	}},
	{"NServiceBus", func(d *draft) {
		d.content = content{mode: modeXML, text: "<?xml version=\"1.0\"?>\n<PlaceOrder xmlns=\"http://tempuri.net/Shop\">\n  <OrderId>1</OrderId>\n</PlaceOrder>"}
		id := mq.NewGUID().String()
		d.extension = []byte(`<?xml version="1.0"?><ArrayOfHeaderInfo>` +
			header("NServiceBus.MessageId", id) + header("NServiceBus.CorrelationId", id) +
			header("NServiceBus.MessageIntent", "Send") +
			header("NServiceBus.EnclosedMessageTypes", "Shop.PlaceOrder, Shop") +
			header("NServiceBus.ContentType", "text/xml") + `</ArrayOfHeaderInfo>`)
		d.extensionName = "NServiceBus headers"
		d.appSpecific = 1 // MessageIntent Send
		d.transactional, d.express, d.deadLetter = true, false, true
	}},
	{"Rebus", func(d *draft) {
		d.content = content{mode: modeJSON, text: "{\n  \"$type\": \"Shop.PlaceOrder, Shop\",\n  \"OrderId\": 1\n}"}
		d.label = "Shop.PlaceOrder, Shop"
		d.extension = fmt.Appendf(nil, `{"rbs2-msg-id":"%s","rbs2-msg-type":"Shop.PlaceOrder, Shop","rbs2-content-type":"application/json;charset=utf-8","rbs2-intent":"p2p"}`, mq.NewGUID())
		d.extensionName = "Rebus headers"
		d.transactional, d.express = true, false
	}},
	{"MassTransit", func(d *draft) {
		d.content = content{mode: modeJSON, text: "{\n  \"messageType\": [\"urn:message:Shop:PlaceOrder\"],\n  \"message\": {\n    \"orderId\": 1\n  }\n}"}
		d.label = "Shop.PlaceOrder, Shop"
		d.extension = []byte(`{"Content-Type":"application/vnd.masstransit+json"}`)
		d.extensionName = "MassTransit headers"
	}},
	{"Raw bytes from a file", func(d *draft) {
		d.content = content{mode: modeFile}
		d.extension = nil
	}},
}

func header(key, value string) string {
	return "<HeaderInfo><Key>" + key + "</Key><Value>" + value + "</Value></HeaderInfo>"
}

// use fills the draft from a template; what the template does not speak of
// stays.
func (d *draft) use(t template) {
	d.extensionName = ""
	t.fill(d)
}
