/* N threads, each with a page of its own: lock, add to the count and set a flag, each a read and a write, unlock; then
   count itself in under the lock of the list, which is all that they share.  Every shared access is one transition. */
#ifndef N
#define N 3
#endif
byte count[N] = 0, flags[N] = 0;
bit locked[N] = 0;
bit lru_lock = 0;
byte on_lru = 0;

active [N] proctype T()
{
	byte seen = 0;            /* what was read; 0 again once it is written */
	d_step { !locked[_pid] -> locked[_pid] = 1 };
	seen = count[_pid];
	d_step { count[_pid] = seen + 1; seen = 0 };
	seen = flags[_pid];
	d_step { flags[_pid] = seen | 1; seen = 0 };
	locked[_pid] = 0;
	d_step { !lru_lock -> lru_lock = 1 };
	seen = on_lru;
	d_step { on_lru = seen + 1; seen = 0 };
	d_step { assert(count[_pid] == 1 && flags[_pid] == 1); lru_lock = 0 };
end:	false
}
