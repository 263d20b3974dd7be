#include "subject.h"

struct task root_task = {"root", &root_task, {0x11223344}, BLUE, {5, -3, 0x123456789a}, {{1, 2, 3}, {4, 5, 6}}, use_hidden, {7, 8}, 0};
static int counter = 40;
int sink;

static inline __attribute__((always_inline)) int innermost(int deep)
{
	int local_deep = deep * 3;
	stop(); /* LINE:innermost-stop */
	return local_deep + counter; /* LINE:innermost-return */
}

static inline __attribute__((always_inline)) int middle(int value)
{
	int result = innermost(value + 1); /* LINE:call-innermost */
	return result * 2;
}

__attribute__((noinline)) int leaf(int first, long second, struct task *task)
{
	static int calls = 100;
	calls++;
	{
		int first = 77; /* LINE:shadow */
		stop();
		sink += first;
	}
	sink += task->w.whole;
	return first + (int)second + calls; /* LINE:leaf-return */
}

__attribute__((noinline)) int entry_value_of(int lost, int kept)
{
	sink = lost;
	stop(); /* LINE:lost */
	return kept;
}

int outer(int count, int scale)
{
	int total = 0; /* LINE:outer-first */
	for (int i = 0; i < count; i++) { /* LINE:loop */
		total += twice(i) * scale;
	}
	if (__builtin_expect(total == 12345, 0)) {
		sink = 99;
		fail(total); /* LINE:cold */
	}
	total += middle(scale); /* LINE:call-middle */
	total += leaf(count, 1000000, &root_task); /* LINE:call-leaf */
	total += entry_value_of(1234, total);

	return total; /* LINE:outer-return */
}

struct pair {
	int a, b;
};

static inline __attribute__((always_inline)) int sum(struct pair *pointer)
{
	stop();
	return pointer->a + pointer->b;
}

__attribute__((noinline)) int pairs(int first, int second)
{
	struct pair both = {first + 1, second * 2};
	return sum(&both) + both.b;
}

/* gcc -O2 drops the first parameter from the call; only the call site knows its value. */
static __attribute__((noinline)) int dropped_parameter(int gone, int kept)
{
	stop();
	return kept;
}

__attribute__((noinline)) int drop(int first, int second)
{
	return dropped_parameter(first + 4000, second) + 1;
}
