---- MODULE private ----
EXTENDS Integers
\* same semantics as private.pml
CONSTANT N
T == 1..N
PG == T
Page(t) == t
VARIABLES pc, seen, count, flags, locked, ll, lru
vars == <<pc, seen, count, flags, locked, ll, lru>>
Init == /\ pc = [t \in T |-> 0] /\ seen = [t \in T |-> 0] /\ count = [q \in PG |-> 0] /\ flags = [q \in PG |-> 0]
        /\ locked = [q \in PG |-> FALSE] /\ ll = FALSE /\ lru = 0
Go(t,a) == pc[t]=a /\ pc' = [pc EXCEPT ![t] = a+1]
Read(t,x) == seen' = [seen EXCEPT ![t] = x]
Lock(t)     == Go(t,0) /\ ~locked[Page(t)] /\ locked' = [locked EXCEPT ![Page(t)] = TRUE] /\ UNCHANGED <<seen,count,flags,ll,lru>>
RdCount(t)  == Go(t,1) /\ Read(t, count[Page(t)]) /\ UNCHANGED <<count,flags,locked,ll,lru>>
WrCount(t)  == Go(t,2) /\ count' = [count EXCEPT ![Page(t)] = seen[t]+1] /\ Read(t,0) /\ UNCHANGED <<flags,locked,ll,lru>>
RdFlags(t)  == Go(t,3) /\ Read(t, flags[Page(t)]) /\ UNCHANGED <<count,flags,locked,ll,lru>>
WrFlags(t)  == Go(t,4) /\ flags' = [flags EXCEPT ![Page(t)] = 1] /\ Read(t,0) /\ UNCHANGED <<count,locked,ll,lru>>
Unlock(t)   == Go(t,5) /\ locked' = [locked EXCEPT ![Page(t)] = FALSE] /\ UNCHANGED <<seen,count,flags,ll,lru>>
LruLock(t)  == Go(t,6) /\ ~ll /\ ll' = TRUE /\ UNCHANGED <<seen,count,flags,locked,lru>>
RdLru(t)    == Go(t,7) /\ Read(t, lru) /\ UNCHANGED <<count,flags,locked,ll,lru>>
WrLru(t)    == Go(t,8) /\ lru' = seen[t]+1 /\ Read(t,0) /\ UNCHANGED <<count,flags,locked,ll>>
LruUnl(t)   == Go(t,9) /\ ll' = FALSE /\ UNCHANGED <<seen,count,flags,locked,lru>>
Next == \E t \in T : Lock(t) \/ RdCount(t) \/ WrCount(t) \/ RdFlags(t) \/ WrFlags(t) \/ Unlock(t)
                     \/ LruLock(t) \/ RdLru(t) \/ WrLru(t) \/ LruUnl(t)
Spec == Init /\ [][Next]_vars
Inv == (\A t \in T : pc[t] = 10) => lru = N /\ (\A t \in T : count[t] = 1 /\ flags[t] = 1)
====
