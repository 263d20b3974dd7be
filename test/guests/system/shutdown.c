/* A fault while a double fault is delivered is shutdown: nothing runs any more. SDM vol 3 ch. 6.15 "Interrupt 8", table 6-5. The count comes first; what is
 * printed behind it makes the topic fail. */
#include "guest.h"

void guest_main(void)
{
	set_gate(UD, stub_of(UD), 0, 0x8e, 0);
	set_gate(GP, stub_of(GP), 0, 0x8e, 0);
	CATCH("ud2", "i"(0));
	check_fault("#UD, #GP, #GP: #DF(0)", DF, 0);
	set_gate(DF, stub_of(DF), 0, 0x8e, 0);
	summary();
	CATCH("ud2", "i"(0));
	check("#UD, #GP, #GP, #GP: shutdown", caught.vector, NONE);
	finish();
}
