// Values of every kind that C++ adds to C, in globals that a debugger can read from the image.
namespace kernel {
struct Base {
	int field;
};
struct Second {
	long other;
};
class Derived : public Base, public Second {
  public:
	static int count;
	char letter;
	bool on;
	constexpr Derived(int f, long o, char l) : Base{f}, Second{o}, letter(l), on(true) {}
};
int Derived::count = 3;
template <class T, int N> struct Box {
	T items[N];
	unsigned used;
};
enum class Mode : unsigned char { off, on = 200 };
enum Plain { LOW = -1, HIGH = 1 };
namespace {
int hidden = 77;
}
typedef unsigned long word;
struct Owner {
	Derived *derived;
	int Base::*member;
	Owner *self;
	union {
		int number;
		float real;
	};
};
} // namespace kernel

kernel::Derived object(1, 2, 'x');
kernel::Derived &reference = object;
kernel::Box<int, 3> box = {{4, 5, 6}, 2};
kernel::Box<kernel::Box<char, 2>, 1> nested = {{{{'a', 'b'}, 1}}, 1};
kernel::Mode mode = kernel::Mode::on;
kernel::Plain plain = kernel::LOW;
kernel::word word = 9;
kernel::Owner owner = {&object, &kernel::Base::field, &owner, {42}};
const char *text = "text";
char16_t wide = u'é';
int *nothing = nullptr;
int &&moved = 5;

extern "C" int _start()
{
	return kernel::hidden + kernel::Derived::count + reference.field + moved;
}
