---- MODULE pcr2002 ----
EXTENDS Integers
\* same semantics as pcr2002.pml
CONSTANTS N, PRE
T == 1..N
VARIABLES pc, count, lru, lock, freed
vars == <<pc, count, lru, lock, freed>>
Init == /\ pc = [t \in T |-> IF PRE = 1 THEN 0 ELSE 1]
        /\ count = N+1 /\ lru = TRUE /\ lock = FALSE /\ freed = 0
Go(t,x) == pc' = [pc EXCEPT ![t] = x]
Precheck(t) == pc[t]=0 /\ Go(t, IF count=2 THEN 1 ELSE 7) /\ UNCHANGED <<count,lru,lock,freed>>
Lock(t)     == pc[t]=1 /\ ~lock /\ lock' = TRUE /\ Go(t,2) /\ UNCHANGED <<count,lru,freed>>
ReadLru(t)  == pc[t]=2 /\ Go(t, IF lru THEN 3 ELSE 6) /\ UNCHANGED <<count,lru,lock,freed>>
ReadCnt(t)  == pc[t]=3 /\ Go(t, IF count=2 THEN 4 ELSE 6) /\ UNCHANGED <<count,lru,lock,freed>>
ClearLru(t) == pc[t]=4 /\ lru' = FALSE /\ Go(t,5) /\ UNCHANGED <<count,lock,freed>>
Dec(t)      == pc[t]=5 /\ count' = count-1 /\ Go(t,6) /\ UNCHANGED <<lru,lock,freed>>
Unlock(t)   == pc[t]=6 /\ lock' = FALSE /\ Go(t,7) /\ UNCHANGED <<count,lru,freed>>
Put(t)      == pc[t]=7 /\ count' = count-1 /\ Go(t, IF count=1 THEN 8 ELSE 9) /\ UNCHANGED <<lru,lock,freed>>
Free(t)     == pc[t]=8 /\ freed' = freed+1 /\ Go(t,9) /\ UNCHANGED <<count,lru,lock>>
Next == \E t \in T : Precheck(t) \/ Lock(t) \/ ReadLru(t) \/ ReadCnt(t) \/ ClearLru(t) \/ Dec(t) \/ Unlock(t) \/ Put(t) \/ Free(t)
Spec == Init /\ [][Next]_vars
Inv == count \in 0..N+1 /\ freed <= 1 /\ (freed > 0 => ~lru)
====
