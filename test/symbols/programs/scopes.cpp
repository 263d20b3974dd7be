// Namespaces, classes and templates: names that have scopes.
namespace kernel {
struct Base {
	int base_field;
	int get() const;
};
struct Derived : Base {
	static int count;
	long field;
	int get() const;
};
int Derived::count = 3;
int Base::get() const
{
	return base_field;
}
int Derived::get() const
{
	return count + (int)field;
}
template <class T> __attribute__((noinline)) T twice(T value)
{
	return value + value;
}
enum class Mode : unsigned char { off, on = 200 };
} // namespace kernel

extern "C" int entry(const kernel::Derived &object, kernel::Mode mode)
{
	return kernel::twice(object.get()) + (int)kernel::twice((long)mode);
}
