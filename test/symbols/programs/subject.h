/* What the symbol tests compile: one of everything a kernel's debug information contains. */
#ifndef SUBJECT_H
#define SUBJECT_H

struct hidden; /* defined in other.c only */

enum colour { RED = -1, GREEN, BLUE = 200 };
typedef unsigned int u32;
typedef int (*handler_t)(struct hidden *, const char *);

union word {
	u32 whole;
	unsigned char bytes[4];
};

struct flags {
	unsigned a : 3;
	signed b : 5;
	unsigned long long c : 40;
};

struct task {
	const char *name;
	struct task *next;
	union word w;
	enum colour colour;
	struct flags flags;
	int matrix[2][3];
	handler_t handler;
	struct {
		int x, y;
	};
	volatile char *const port;
	char tail[];
};

extern struct hidden *hidden_object;
int outer(int count, int scale);
int twice(int value);
int pairs(int first, int second);
int drop(int first, int second);
int use_hidden(struct hidden *h, const char *text);
void stop(void);
void fail(int code) __attribute__((noreturn, cold));

#endif
