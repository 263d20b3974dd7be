/* What the files of this kernel offer each other. */
#pragma once
#include "xen.h"

#define PAGE 4096
/* Free addresses above memory, where Xen's pages are put. */
#define SHARED_INFO 0xe8000000ul
#define GRANT_TABLE 0xe8001000ul
#define GRANT_WINDOW 0xe8002000ul
#define EVENT_VECTOR 0x30

/* main.c */
u64 hvm_param(u32 index);
void add_page(u32 space, u64 address);

/* console.c */
void console_init(void);
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* events.c */
extern struct shared_info *const shared;
extern volatile u32 events[64]; /* how often each port came */
void events_init(void);
void event_send(u32 port);
void wait_for(u32 port, u32 count);
void show_events(void);

/* time.c */
u64 time_ns(void);
void show_time(void);

/* grants.c */
void show_grants(u16 domid);

/* store.c */
void store_init(void);
int store_read(const char *path, char *value, u32 size); /* length, or -1 */
void show_store(void);
