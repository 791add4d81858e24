/* N threads and two pages.  A thread takes its page's lock, adds to the count and sets a flag, each a read and a write,
   unlocks, and counts itself in under the lock of the list.  Every shared access is one transition. */
#ifndef N
#define N 3
#endif
#define page (_pid % 2)
byte count[2] = 0, flags[2] = 0;
bit locked[2] = 0;
bit lru_lock = 0;
byte on_lru = 0;

active [N] proctype T()
{
	byte seen = 0;            /* what was read; 0 again once it is written */
	d_step { !locked[page] -> locked[page] = 1 };
	seen = count[page];
	d_step { count[page] = seen + 1; seen = 0 };
	seen = flags[page];
	d_step { flags[page] = seen | 1; seen = 0 };
	locked[page] = 0;
	d_step { !lru_lock -> lru_lock = 1 };
	seen = on_lru;
	d_step { on_lru = seen + 1; seen = 0 };
	d_step { assert(on_lru != N || count[0] + count[1] == N); lru_lock = 0 };
end:	false
}
