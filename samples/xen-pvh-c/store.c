/* XenStore by its ring: messages of a header and texts, one after the other, and their answers (public/io/xs_wire.h). */
#include "kernel.h"

enum { XS_DIRECTORY = 1, XS_READ = 2, XS_WRITE = 11, XS_ERROR = 16 };

static volatile struct xenstore_domain_interface *ring;
static u32 port, requests;

void store_init(void)
{
	ring = (void *)(hvm_param(HVM_PARAM_STORE_PFN) * PAGE);
	port = hvm_param(HVM_PARAM_STORE_EVTCHN);
}

static void send(const void *bytes, u32 length)
{
	for (u32 i = 0; i < length; i++) {
		while (ring->req_prod - ring->req_cons >= sizeof ring->req)
			event_send(port);
		ring->req[ring->req_prod % sizeof ring->req] = ((const char *)bytes)[i];
		ring->req_prod++;
	}
}

static void receive(void *bytes, u32 length)
{
	for (u32 i = 0; i < length; i++) {
		while (ring->rsp_prod == ring->rsp_cons)
			hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
		((char *)bytes)[i] = ring->rsp[ring->rsp_cons % sizeof ring->rsp];
		ring->rsp_cons++;
	}
	event_send(port); /* there is room again */
}

static u32 length_of(const char *text)
{
	u32 n = 0;

	while (text[n])
		n++;
	return n;
}

/* Length of the answer, or -1. */
static int ask(u32 type, const char *path, const char *value, char *answer, u32 size)
{
	u32 path_length = length_of(path) + 1, value_length = value ? length_of(value) : 0;
	struct xsd_sockmsg message = { type, ++requests, 0, path_length + value_length };
	char byte;

	send(&message, sizeof message);
	send(path, path_length);
	send(value, value_length);
	event_send(port);
	receive(&message, sizeof message);
	for (u32 i = 0; i < message.len; i++) {
		receive(&byte, 1);
		if (i + 1 < size)
			answer[i] = byte;
	}
	answer[message.len < size ? message.len : size - 1] = 0;
	return message.type == XS_ERROR ? -1 : (int)message.len;
}

int store_read(const char *path, char *value, u32 size)
{
	return ask(XS_READ, path, 0, value, size);
}

void show_store(void)
{
	char text[128];

	store_read("name", text, sizeof text);
	print("XenStore: this domain is called \"%s\"", text);
	int length = ask(XS_DIRECTORY, "control", 0, text, sizeof text);
	u32 names = 0;
	for (int i = 0; i < length; i++)
		names += text[i] == 0;
	print(", control has %u nodes\n", names);
	ask(XS_WRITE, "data/greeting", "hello from the guest", text, sizeof text);
	store_read("data/greeting", text, sizeof text);
	print("XenStore: data/greeting is \"%s\"\n", text);
	if (store_read("data/nothing", text, sizeof text) < 0)
		print("XenStore: data/nothing is refused, %s\n", text);
}
