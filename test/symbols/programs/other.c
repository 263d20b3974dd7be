#include "subject.h"

struct hidden {
	long secret;
	struct task *owner;
};

static struct hidden object = {4711, 0};
struct hidden *hidden_object = &object;
static volatile int counter = 7;

int twice(int value)
{
	counter++;
	return value * 2 + counter - counter;
}

int use_hidden(struct hidden *h, const char *text)
{
	return (int)h->secret + text[0];
}
